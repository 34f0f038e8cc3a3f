"""What a running turn has said so far, in memory."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from conversations.claude import MessageSnapshot
from conversations.models import ToolCall, Turn
from conversations.models.ids import uuid7
from conversations.tools.base import Call

from .objects import turn_object


@dataclass
class LiveRound:
    """One request: the message that it writes and what came of it."""

    number: int
    attempt: int
    message_id: UUID
    snapshot: MessageSnapshot
    request_id: str | None = None
    # Indexes of the blocks that changed since the last checkpoint.
    changed: set[int] = field(default_factory=set)
    has_new_usage: bool = False
    is_frozen: bool = False
    # The message with the results of the tools that it called, once that is stored.
    results_id: UUID | None = None
    # Why the cache had less than it was told to keep (models/usage.py).
    cache_miss: dict[str, Any] | None = None


@dataclass
class LiveCall:
    """A call of a tool: its row, the message that makes it, and what came of it."""

    made: Call
    row: ToolCall
    message_id: UUID
    result: dict[str, Any] | None = None
    # Whether the person allows it, once they have said so.
    word: asyncio.Future[bool] | None = None


@dataclass(frozen=True)
class Wait:
    """The pause before another attempt, as `turn.retrying` has told it."""

    facts: dict[str, Any]
    until: float  # seconds on the monotonic clock


class LiveTurn:
    """A turn of this process, from its claim to its closing event."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.seq = 0
        self.rounds: list[LiveRound] = []
        self.calls: list[LiveCall] = []
        self.task: asyncio.Task[None] | None = None
        self.has_begun = False
        self.is_cancelled = False
        self.is_interrupted = False
        self.is_lost = False
        self.is_closing = False
        # Whether a person may have seen a part of the answer: then it is never begun anew.
        self.is_shown = False
        # Whether a checkpoint was ever taken, by whoever ran it.
        self.was_saved = turn.epoch > 1
        self.wait: Wait | None = None

    @property
    def id(self) -> UUID:
        return self.turn.id

    @property
    def epoch(self) -> int:
        return self.turn.epoch

    @property
    def conversation_id(self) -> UUID:
        return self.turn.conversation_id

    @property
    def current(self) -> LiveRound | None:
        """The round that is being streamed, if one is."""
        if self.rounds and not self.rounds[-1].is_frozen:
            return self.rounds[-1]
        return None

    @property
    def stored_id(self) -> UUID | None:
        """The last message of the turn that is stored."""
        frozen = [item for item in self.rounds if item.is_frozen]
        return (frozen[-1].results_id or frozen[-1].message_id) if frozen else None

    @property
    def parent_id(self) -> UUID:
        """The message that the current round's answer follows."""
        return self.stored_id or self.turn.user_message_id

    def begin_round(
        self, number: int, attempt: int, snapshot: MessageSnapshot
    ) -> LiveRound:
        """Begin a round; a further attempt takes the place of the failed one."""
        message_id = uuid7()
        if (current := self.current) is not None:
            message_id = current.message_id
            self.rounds.pop()
        self.rounds.append(LiveRound(number, attempt, message_id, snapshot))
        return self.rounds[-1]

    @property
    def waits_for_word(self) -> bool:
        """Whether a person has to allow or deny a call before the turn goes on."""
        return any(call.word and not call.word.done() for call in self.calls)

    @property
    def only_waits_for_word(self) -> bool:
        """Whether nothing goes on before a person allows or denies a call."""
        going_on = [call for call in self.unanswered if call.result is None]
        return bool(going_on) and all(
            call.word and not call.word.done() for call in going_on
        )

    def decide(self, tool_use_id: str, *, is_allowed: bool) -> None:
        """Let a waiting call run, or not. A second word changes nothing."""
        for call in self.calls:
            if call.row.tool_use_id != tool_use_id or call.word is None:
                continue
            if not call.word.done():
                call.word.set_result(is_allowed)

    @property
    def unanswered(self) -> list[LiveCall]:
        """The calls of the newest round, as long as no results of them are stored."""
        newest = self.rounds[-1] if self.rounds else None
        if newest is None or newest.results_id is not None:
            return []
        return [call for call in self.calls if call.row.round == newest.number]

    def mark_all_changed(self) -> None:
        """Have all of the open round saved again."""
        if (current := self.current) is not None:
            current.changed.update(range(len(current.snapshot.blocks)))
            current.has_new_usage = bool(current.snapshot.usage)

    def cancel(self) -> None:
        """Stop answering, because a person asked for it. Asking twice is fine."""
        if not (self.is_closing or self.is_cancelled):
            self.is_cancelled = True
            self._stop_task()

    def interrupt(self) -> None:
        """Stop answering, because the process stops."""
        if not (self.is_closing or self.is_cancelled):
            self.is_interrupted = True
            self._stop_task()

    def lose(self) -> None:
        """Stop answering, because another owner has taken the turn."""
        if not self.is_closing:
            self.is_lost = True
            self._stop_task()

    def _stop_task(self) -> None:
        # A task that is cancelled before its first step never runs: not even what
        # would close the turn. Such a one sees for itself that it has to stop.
        if self.task is not None and self.has_begun:
            self.task.cancel()

    def state(self) -> dict[str, Any]:
        return turn_object(self.turn)
