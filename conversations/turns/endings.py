"""The writes that end a round and a turn: jobs for the writer, each fenced."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from conversations.models import (
    LIVE_STATES,
    Conversation,
    Message,
    OpenRound,
    Role,
    State,
    Turn,
)
from conversations.usage.recording import Round, record_usage
from conversations.usage.totals import total

from .kept import plain_text
from .lease import OWNER, LeaseLost, fenced


@dataclass(frozen=True)
class Answer:
    """An assistant message as it will stand for ever."""

    message_id: UUID
    parent_id: UUID
    round: int
    content: list[dict[str, Any]]
    model: str
    upstream_id: str
    stop_reason: str
    stop_details: dict[str, Any] | None


@dataclass(frozen=True)
class Ending:
    """How a turn ended."""

    state: State
    stop_reason: str = ""
    error: dict[str, Any] | None = None
    answer: Answer | None = None
    usage: list[Round] = field(default_factory=list)
    # The last answer of an earlier round, when this one left nothing.
    leaf_id: UUID | None = None


def freeze_round(
    turn_id: UUID, epoch: int, answer: Answer, usage: list[Round]
) -> dict[str, Any]:
    """Store a finished round that another one follows; return the usage so far."""
    turn = fenced(turn_id, epoch)
    _store_answer(turn, answer)
    return _book(turn, usage)


def close_turn(
    turn_id: UUID, epoch: int, ending: Ending
) -> tuple[Turn, dict[str, Any]]:
    """Store the last message, the usage and the final state in one transaction.

    Returns the turn and its summed usage. Closing again what this process has closed
    changes nothing: the answer to a commit may have got lost. Raises LeaseLost.
    """
    # The first write is the fence: what follows it is done by the owner or not at all.
    if not _set_end(turn_id, epoch, ending):
        closed = _closed_by_us(turn_id, epoch)
        return closed, total(closed.usage.all())
    turn = Turn.objects.get(id=turn_id)
    leaf_id = ending.leaf_id
    if ending.answer is not None:
        _store_answer(turn, ending.answer)
        leaf_id = ending.answer.message_id
    else:
        _forget_open_round(turn)
    usage = _book(turn, ending.usage)
    _move_leaf(turn, leaf_id)
    return turn, usage


def _set_end(turn_id: UUID, epoch: int, ending: Ending) -> bool:
    ours = Turn.objects.owned_by(OWNER, epoch).filter(id=turn_id)
    return bool(
        ours.update(
            state=ending.state,
            stop_reason=ending.stop_reason,
            error=ending.error,
            finished_at=Now(),
            lease_expires_at=None,
        )
    )


def requeue(turn_id: UUID, epoch: int, usage: list[Round]) -> Turn:
    """Give a turn of which nothing was shown to whoever takes it next.

    The epoch grows, so that nothing its former owner writes counts. Raises LeaseLost.
    """
    turn = fenced(turn_id, epoch)
    _forget_open_round(turn)
    _book(turn, usage)
    Turn.objects.filter(id=turn.id).update(
        state=State.QUEUED,
        owner="",
        epoch=F("epoch") + 1,
        reruns=F("reruns") + 1,
        lease_expires_at=None,
    )
    turn.refresh_from_db()
    return turn


def book_attempt(turn_id: UUID, epoch: int, usage: Round) -> dict[str, Any]:
    """Book an attempt that failed after the upstream had begun to count."""
    return _book(fenced(turn_id, epoch), [usage])


def _closed_by_us(turn_id: UUID, epoch: int) -> Turn:
    ours = Turn.objects.filter(id=turn_id, owner=OWNER, epoch=epoch)
    closed = ours.exclude(state__in=LIVE_STATES).first()
    if closed is None:
        raise LeaseLost(f"Turn {turn_id} is no longer owned in epoch {epoch}.")
    return closed


def _forget_open_round(turn: Turn) -> None:
    turn.checkpoints.all().delete()
    OpenRound.objects.filter(turn=turn).delete()


def _store_answer(turn: Turn, answer: Answer) -> None:
    _forget_open_round(turn)
    message = Message(
        id=answer.message_id,
        conversation_id=turn.conversation_id,
        parent_id=answer.parent_id,
        turn=turn,
        role=Role.ASSISTANT,
        content=answer.content,
        text=plain_text(answer.content),
        round=answer.round,
        model=answer.model,
        upstream_id=answer.upstream_id,
        stop_reason=answer.stop_reason,
        stop_details=answer.stop_details,
    )
    # It stands already when this is done again because the answer to a commit got lost.
    Message.objects.bulk_create([message], ignore_conflicts=True)


def _book(turn: Turn, usage: list[Round]) -> dict[str, Any]:
    records = [record_usage(round_) for round_ in usage]
    if [(round_.number, round_.attempt) for round_ in usage] == [(1, 1)]:
        return total(records)  # nothing can have been booked before
    return total(turn.usage.all())


def _move_leaf(turn: Turn, leaf_id: UUID | None) -> None:
    """Let the conversation look at the answer, unless its owner has moved on."""
    conversations = Conversation.objects.filter(id=turn.conversation_id)
    conversations.update(updated_at=Now())
    if leaf_id is not None:
        conversations.filter(leaf_id=turn.user_message_id).update(leaf_id=leaf_id)
