"""Running answers, saved every quarter of a second: what a crash can cost at most."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from conversations.models import Checkpoint, Turn

from .lease import OWNER
from .live import LiveTurn

CHECKPOINT_SECONDS = 0.25


@dataclass(frozen=True)
class Changes:
    """The blocks of one turn that changed, and the epoch that fences their write."""

    turn_id: UUID
    epoch: int
    rows: list[Checkpoint]


def take_changes(live: LiveTurn) -> Changes | None:
    """Take what changed since the last time; None when nothing did."""
    current = live.current
    if current is None or not current.changed or live.is_closing:
        return None
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
    return Changes(live.id, live.epoch, rows)


def save(batch: Iterable[Changes]) -> None:
    """Store the changes of all turns that are still ours; a job for the writer."""
    batch = list(batch)
    epochs = dict(
        Turn.objects.filter(
            id__in=[changes.turn_id for changes in batch],
            owner=OWNER,
            state="running",
        ).values_list("id", "epoch")
    )
    rows = [
        row
        for changes in batch
        if epochs.get(changes.turn_id) == changes.epoch
        for row in changes.rows
    ]
    Checkpoint.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["turn", "round", "index"],
        update_fields=["block", "is_finished", "message_id"],
    )


def _copy(block: dict[str, Any]) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, list) else value
        for key, value in block.items()
    }
