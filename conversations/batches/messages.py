"""Messages that a batch answers: their turns end as any other turn."""

from datetime import datetime
from functools import partial
from typing import Any

from conversations.catalog import card_for
from conversations.models import (
    Batch,
    BatchItem,
    BatchSource,
    ItemState,
    ModelCard,
    State,
    Turn,
)
from conversations.models.ids import uuid7
from conversations.models.reading import read
from conversations.prompts import doctor
from conversations.prompts.build import build_prompt
from conversations.turns import lease, remote_files, telling, titles
from conversations.turns.endings import Answer, Ending, close_turn
from conversations.usage.recording import Round, record_usage

from .booking import round_of
from .holding import Hold

type Ended = tuple[Turn, telling.Notice]


async def is_given_up(batch: Batch) -> bool:
    """Whether the person has stopped the turn that a batch answers."""
    if batch.source != BatchSource.MESSAGE:
        return False
    return not await read(_waiting_turns(batch).exists)


async def prepare(hold: Hold) -> None:
    """Upload and mend what the turn's request needs, as before any other answer."""
    if hold.batch.source != BatchSource.MESSAGE:
        return
    for turn in await read(list, _waiting_turns(hold.batch)):
        card = await read(card_for, turn.model)
        prompt = await read(build_prompt, turn, card)
        notices: list[doctor.Notice] = []
        if prompt.waiting:
            notices = await remote_files.upload(turn, card, prompt.waiting)
        await hold.do(partial(_mend, turn, card, notices))


def end_turns(batch: Batch) -> list[Ended]:
    """End the turns whose items have their outcome; a job for the writer."""
    settled = BatchItem.objects.filter(batch=batch, turn__isnull=False)
    settled = settled.exclude(state=ItemState.WAITING).select_related("turn")
    ended = [_end_turn(item, batch.sent_at) for item in settled]
    return [one for one in ended if one is not None]


def tell(ended: list[Ended]) -> None:
    """Show the ended turns to who watches them, and find titles for new conversations."""
    for turn, notice in ended:
        telling.tell(turn, notice)
        if turn.state == State.COMPLETED:
            titles.begin(turn)


def _waiting_turns(batch: Batch) -> Any:
    turns = Turn.objects.select_related("conversation")
    return turns.filter(batch_item__batch=batch, state=State.QUEUED)


def _mend(turn: Turn, card: ModelCard, notices: list[doctor.Notice]) -> None:
    prompt = build_prompt(turn, card)
    if prompt.needs_mending:
        notices = [*notices, *doctor.mend(turn)]
        prompt = build_prompt(turn, card)
    new = [notice for notice in notices if notice not in turn.repairs]
    turn.repairs = [*turn.repairs, *new]
    turn.documents = prompt.documents
    turn.save(update_fields=["repairs", "documents"])


def _end_turn(item: BatchItem, sent_at: datetime | None) -> Ended | None:
    assert item.turn is not None
    turn = Turn.objects.select_for_update().get(id=item.turn.id)
    used = [round_of(item.message, turn.model, turn_id=turn.id)] if item.message else []
    if turn.state != State.QUEUED:
        # It was stopped, and answered and charged all the same.
        for round_ in used:
            record_usage(round_)
        return None
    lease.claim(turn)
    turn.started_at = sent_at or turn.started_at
    turn.save(
        update_fields=["state", "owner", "epoch", "started_at", "lease_expires_at"]
    )
    closed, _ = close_turn(turn, _ending(item, turn, used))
    return closed, telling.notice_of(closed)


def _ending(item: BatchItem, turn: Turn, used: list[Round]) -> Ending:
    if item.message is None:
        error = {**(item.error or {}), "retryable": True, "action": "retry"}
        return Ending(state=State.FAILED, error=error)
    answer = Answer(
        message_id=uuid7(),
        parent_id=turn.user_message_id,
        round=1,
        content=item.message["content"],
        model=str(item.message.get("model") or turn.model),
        upstream_id=str(item.message.get("id") or ""),
        stop_reason=item.stop_reason,
        stop_details=item.message.get("stop_details"),
    )
    return Ending(
        state=State.COMPLETED, stop_reason=item.stop_reason, answer=answer, usage=used
    )
