"""Running answers, saved every quarter of a second: what a crash can cost at most."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from conversations.models import Checkpoint, OpenRound, State, Turn
from conversations.models.prepared import PreparedInsert

from .lease import OWNER
from .live import LiveRound, LiveTurn

CHECKPOINT_SECONDS = 0.25


@dataclass(frozen=True)
class Changes:
    """What changed of one turn, and the epoch that fences its write."""

    turn_id: UUID
    epoch: int
    blocks: list[Checkpoint]
    # What the round has cost so far, if that changed.
    round: OpenRound | None = None


def take_changes(live: LiveTurn) -> Changes | None:
    """Take what changed since the last time; None when nothing did."""
    current = live.current
    if current is None or live.is_closing:
        return None
    if not (current.changed or current.has_new_usage):
        return None
    open_round = _open_round(live, current) if current.has_new_usage else None
    current.has_new_usage = False
    # A checkpoint is the proof that something was shown: an empty block is none.
    blocks = _take_blocks(live, current) if live.is_shown else []
    if not blocks and open_round is None:
        return None
    live.was_saved = True
    return Changes(live.id, live.epoch, blocks, open_round)


def _take_blocks(live: LiveTurn, current: LiveRound) -> list[Checkpoint]:
    blocks, growing = current.snapshot.blocks, current.snapshot.open_indexes
    rows = [
        Checkpoint(
            turn_id=live.id,
            message_id=current.message_id,
            round=current.number,
            index=index,
            # A copy: the loop goes on folding deltas while the writer serialises.
            block=_copy(blocks[index]),
            is_finished=index not in growing,
        )
        for index in sorted(current.changed)
        if index < len(blocks)
    ]
    current.changed.clear()
    return rows


def _open_round(live: LiveTurn, current: LiveRound) -> OpenRound:
    message = current.snapshot.message
    return OpenRound(
        turn_id=live.id,
        number=current.number,
        attempt=current.attempt,
        message_id=current.message_id,
        model=message.get("model") or live.turn.model,
        upstream_message_id=message.get("id") or "",
        request_id=current.request_id or "",
        usage=dict(current.snapshot.usage),
    )


_save_block = PreparedInsert(
    Checkpoint,
    unique=["turn", "round", "index"],
    or_update=["block", "is_finished", "message_id"],
)
_save_round = PreparedInsert(
    OpenRound,
    unique=["turn"],
    or_update=[
        "number",
        "attempt",
        "message_id",
        "model",
        "upstream_message_id",
        "request_id",
        "usage",
    ],
)


def save(batch: Iterable[Changes]) -> None:
    """Store the changes of all turns that are still ours; a job for the writer."""
    ours = _still_ours(list(batch))
    _save_block.run(*(row for changes in ours for row in changes.blocks))
    _save_round.run(*(each.round for each in ours if each.round is not None))


def _still_ours(batch: list[Changes]) -> list[Changes]:
    # Locked, in one order for all: a sweep that takes a turn over between this look
    # and the write would otherwise find the rows of two owners.
    rows = Turn.objects.select_for_update().filter(
        id__in=[changes.turn_id for changes in batch],
        owner=OWNER,
        state=State.RUNNING,
    )
    epochs = dict(rows.order_by("id").values_list("id", "epoch"))
    return [
        changes for changes in batch if epochs.get(changes.turn_id) == changes.epoch
    ]


def _copy(block: dict[str, Any]) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, list) else value
        for key, value in block.items()
    }
