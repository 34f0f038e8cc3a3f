"""The writes that end a round and a turn: jobs for the writer, each fenced."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    F,
    IntegerField,
    UUIDField,
    When,
)
from django.db.models.functions import Now

from conversations.models import (
    LIVE_STATES,
    CallState,
    Checkpoint,
    Conversation,
    Message,
    OpenRound,
    Role,
    State,
    ToolCall,
    Turn,
)
from conversations.models.clock import database_now
from conversations.models.prepared import PreparedDelete, PreparedInsert, PreparedUpdate
from conversations.models.tool_call import OPEN_STATES
from conversations.models.wire import WireField
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
    container: str = ""


@dataclass(frozen=True)
class Results:
    """A user message with nothing but the results of a round's calls."""

    message_id: UUID
    parent_id: UUID
    round: int
    content: list[dict[str, Any]]


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
    # Whether there can be checkpoints: a short turn ends before its first one.
    was_saved: bool = True
    # What the tools of the last round had given back, and their calls, when it was cut.
    results: Results | None = None
    calls: Sequence[ToolCall] = ()
    # Whether an owner who died may have left calls open, which nobody will finish.
    may_leave_calls: bool = False


_end = PreparedUpdate(
    lambda id, epoch, **ending: (
        Turn.objects.owned_by(OWNER, epoch).filter(id=id),
        {**ending, "lease_expires_at": None},
    ),
    id=UUIDField(),
    epoch=IntegerField(),
    state=CharField(),
    stop_reason=CharField(),
    error=WireField(),
    finished_at=DateTimeField(),
)
_forget_blocks = PreparedDelete(
    lambda turn: Checkpoint.objects.filter(turn_id=turn), turn=UUIDField()
)
_forget_round = PreparedDelete(
    lambda turn: OpenRound.objects.filter(turn_id=turn), turn=UUIDField()
)
_insert_answer = PreparedInsert(Message, or_ignore=True)
_touch = PreparedUpdate(
    lambda id: (Conversation.objects.filter(id=id), {"updated_at": Now()}),
    id=UUIDField(),
)
# Let the conversation look at the answer, unless its owner has moved on.
_move_leaf = PreparedUpdate(
    lambda id, question, answer: (
        Conversation.objects.filter(id=id),
        {
            "updated_at": Now(),
            "leaf": Case(When(leaf_id=question, then=answer), default="leaf_id"),
        },
    ),
    id=UUIDField(),
    question=UUIDField(),
    answer=UUIDField(),
)


def freeze_round(
    turn_id: UUID, epoch: int, answer: Answer, usage: list[Round]
) -> dict[str, Any]:
    """Store a finished round that another one follows; return the usage so far."""
    turn = fenced(turn_id, epoch)
    _forget_open_round(turn)
    _store_answer(turn, answer)
    return _book(turn, usage)


def begin_calls(turn_id: UUID, epoch: int, rows: Sequence[ToolCall]) -> None:
    """Store that tools are about to run. Raises LeaseLost."""
    fenced(turn_id, epoch)
    ToolCall.objects.bulk_create(rows, ignore_conflicts=True)


def store_results(
    turn_id: UUID, epoch: int, results: Results, rows: Sequence[ToolCall]
) -> None:
    """Store what the tools of a round gave back, and how they went. Raises LeaseLost."""
    _store_results(fenced(turn_id, epoch), results, rows)


def _store_results(turn: Turn, results: Results, rows: Sequence[ToolCall]) -> None:
    ToolCall.objects.bulk_update(rows, ["state", "outcome", "seconds"])
    _insert_answer.run(
        Message(
            id=results.message_id,
            conversation_id=turn.conversation_id,
            parent_id=results.parent_id,
            turn=turn,
            role=Role.USER,
            content=results.content,
            round=results.round,
        )
    )


def close_turn(turn: Turn, ending: Ending) -> tuple[Turn, dict[str, Any]]:
    """Store the last message, the usage and the final state in one transaction.

    Returns the turn as it has ended and its summed usage; `turn` stays as it was.
    Closing again what this process has closed changes nothing: the answer to a commit
    may have got lost. Raises LeaseLost.
    """
    # The first write is the fence: what follows it is done by the owner or not at all.
    if (closed := _set_end(turn, ending)) is None:
        closed = _closed_by_us(turn)
        return closed, total(closed.usage.all())
    if ending.was_saved:
        _forget_open_round(turn)
    leaf_id = ending.leaf_id
    if ending.results is not None:
        _store_results(turn, ending.results, ending.calls)
        leaf_id = ending.results.message_id
    if ending.may_leave_calls:
        running = turn.tool_calls.filter(state__in=OPEN_STATES)
        running.update(state=CallState.CANCELLED)
    if ending.answer is not None:
        _store_answer(turn, ending.answer)
        leaf_id = ending.answer.message_id
    if leaf_id is None:
        _touch.run(id=turn.conversation_id)
    else:
        _move_leaf.run(
            id=turn.conversation_id, question=turn.user_message_id, answer=leaf_id
        )
    return closed, _book(turn, ending.usage)


def _set_end(turn: Turn, ending: Ending) -> Turn | None:
    closed = copy(turn)
    closed.state = ending.state
    closed.stop_reason = ending.stop_reason
    closed.error = ending.error
    closed.finished_at = database_now()
    closed.lease_expires_at = None
    is_ours = _end.run(
        id=closed.id,
        epoch=closed.epoch,
        state=closed.state,
        stop_reason=closed.stop_reason,
        error=closed.error,
        finished_at=closed.finished_at,
    )
    return closed if is_ours else None


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


def _closed_by_us(turn: Turn) -> Turn:
    ours = Turn.objects.filter(id=turn.id, owner=OWNER, epoch=turn.epoch)
    closed = ours.exclude(state__in=LIVE_STATES).first()
    if closed is None:
        raise LeaseLost(f"Turn {turn.id} is no longer owned in epoch {turn.epoch}.")
    return closed


def _forget_open_round(turn: Turn) -> None:
    _forget_blocks.run(turn=turn.id)
    _forget_round.run(turn=turn.id)


def _store_answer(turn: Turn, answer: Answer) -> None:
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
        container=answer.container,
    )
    # It stands already when this is done again because the answer to a commit got lost.
    _insert_answer.run(message)


def _book(turn: Turn, usage: list[Round]) -> dict[str, Any]:
    records = [record_usage(round_) for round_ in usage]
    if [(round_.number, round_.attempt) for round_ in usage] == [(1, 1)]:
        return total(records)  # nothing can have been booked before
    return total(turn.usage.all())
