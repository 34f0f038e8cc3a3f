"""Keeps the truth about one running turn, through the writer."""

from collections.abc import Sequence
from copy import copy
from functools import partial
from typing import Any

from conversations.models import CallState, State, ToolCall, Turn
from conversations.models.ids import uuid7
from conversations.prompts.diagnosis import INTERRUPTED_CALL
from conversations.tools.base import ToolResult
from conversations.usage.recording import Round

from . import endings
from .endings import Answer, Ending, Results
from .engine import is_shown
from .kept import without_open_calls
from .live import LiveCall, LiveRound, LiveTurn
from .upkeep import upkeep
from .writer import Writer

COUNTING_EVENTS = frozenset({"message_start", "message_delta"})


class Recorder:
    """Marks what changed for the next checkpoint; freezes rounds; closes the turn."""

    def __init__(self, live: LiveTurn, writer: Writer) -> None:
        self._live = live
        self._writer = writer

    def streamed(self, round_: LiveRound, batch: list[dict[str, Any]]) -> None:
        """Mark what events of the API have changed."""
        for event in batch:
            if "index" in event:
                round_.changed.add(event["index"])
            if event["type"] in COUNTING_EVENTS:
                round_.has_new_usage = True
        if not self._live.is_shown and any(map(is_shown, batch)):
            # At once, not in a quarter of a second: a turn of which something was
            # shown must never be taken for one of which nothing was.
            self._live.is_shown = True
            upkeep.hurry()

    async def freeze(self, round_: LiveRound) -> dict[str, Any]:
        """Store a finished round; return the turn's usage so far."""
        answer = self._answer(round_, round_.snapshot.blocks)
        usage = await self._writer.do_surely(
            partial(
                endings.freeze_round,
                self._live.id,
                self._live.epoch,
                answer,
                [self._used(round_)],
            )
        )
        round_.is_frozen = True
        # It stands in the tree, so nobody may begin the turn anew.
        self._live.is_shown = True
        return usage

    async def store_results(
        self, round_: LiveRound, results: Sequence[dict[str, Any]]
    ) -> None:
        """Store the results of a round's calls, before they are sent."""
        message = Results(
            message_id=uuid7(),
            parent_id=round_.message_id,
            round=round_.number,
            content=list(results),
        )
        rows = [
            call.row for call in self._live.calls if call.row.round == round_.number
        ]
        await self._writer.do_surely(
            partial(
                endings.store_results, self._live.id, self._live.epoch, message, rows
            )
        )
        round_.results_id = message.message_id

    async def book_failed_attempt(self, round_: LiveRound) -> None:
        """Book what an attempt had counted when it broke."""
        if not round_.snapshot.usage:
            return
        used = self._used(round_, is_estimated=True)
        await self._writer.do_surely(
            partial(endings.book_attempt, self._live.id, self._live.epoch, used)
        )

    async def complete(self, round_: LiveRound) -> tuple[Turn, dict[str, Any]]:
        """Close the turn with a finished last round."""
        snapshot = round_.snapshot
        return await self._close(
            Ending(
                state=State.COMPLETED,
                stop_reason=snapshot.stop_reason or "",
                answer=self._answer(round_, snapshot.blocks),
                usage=[self._used(round_)],
                was_saved=self._live.was_saved,
            )
        )

    async def stop(
        self, state: State, error: dict[str, Any] | None
    ) -> tuple[Turn, dict[str, Any]]:
        """Close the turn before its end: keep what can stay of the open round."""
        round_ = self._live.current
        answer = None
        if round_ is not None:
            kept = without_open_calls(round_.snapshot.kept_content())
            answer = self._answer(round_, kept) if kept else None
        return await self._close(
            Ending(
                state=state,
                error=error,
                answer=answer,
                usage=self._used_so_far(),
                leaf_id=self._live.stored_id,
                results=self._cut_results(),
                calls=[_ended(call) for call in self._live.unanswered],
            )
        )

    async def abandon(self, error: dict[str, Any]) -> tuple[Turn, dict[str, Any]]:
        """Close the turn without anything of the open round: it cannot be stored."""
        return await self._close(
            Ending(state=State.FAILED, error=error, may_leave_calls=True)
        )

    async def requeue(self) -> Turn:
        """Leave the turn, of which nothing was shown, to whoever takes it next."""
        live = self._live
        job = partial(endings.requeue, live.id, live.epoch, self._used_so_far())
        return await self._writer.do_surely(job)

    def _cut_results(self) -> Results | None:
        """Return the results of calls that were stopped, for those who read on.

        What had finished may have changed the world: Claude has to know of it.
        """
        calls = self._live.unanswered
        if not calls:
            return None
        cut = ToolResult(INTERRUPTED_CALL, is_error=True)
        content = [call.result or call.made.answered(cut) for call in calls]
        return _results(self._live.rounds[-1], content)

    async def _close(self, ending: Ending) -> tuple[Turn, dict[str, Any]]:
        return await self._writer.do_surely(
            partial(endings.close_turn, self._live.turn, ending)
        )

    def _answer(self, round_: LiveRound, content: Sequence[dict[str, Any]]) -> Answer:
        message = round_.snapshot.message
        return Answer(
            message_id=round_.message_id,
            parent_id=self._live.parent_id,
            round=round_.number,
            content=list(content),
            model=message.get("model") or self._live.turn.model,
            upstream_id=message.get("id") or "",
            stop_reason=message.get("stop_reason") or "",
            stop_details=message.get("stop_details"),
            container=round_.snapshot.container_id,
        )

    def _used_so_far(self) -> list[Round]:
        round_ = self._live.current
        if round_ is None or not round_.snapshot.usage:
            return []
        return [self._used(round_, is_estimated=True)]

    def _used(self, round_: LiveRound, *, is_estimated: bool = False) -> Round:
        message = round_.snapshot.message
        return Round(
            turn_id=self._live.id,
            number=round_.number,
            attempt=round_.attempt,
            model=message.get("model") or self._live.turn.model,
            upstream_message_id=message.get("id") or "",
            request_id=round_.request_id or "",
            usage=round_.snapshot.usage,
            is_estimated=is_estimated,
            requested_model=self._live.turn.model,
            payer_id=self._live.turn.author_id,
            stop_reason=message.get("stop_reason") or "",
            content=round_.snapshot.blocks,
            cache_miss=round_.cache_miss,
        )


def _results(round_: LiveRound, content: Sequence[dict[str, Any]]) -> Results:
    return Results(
        message_id=uuid7(),
        parent_id=round_.message_id,
        round=round_.number,
        content=list(content),
    )


def _ended(call: LiveCall) -> ToolCall:
    """Return the row of a call as it stays when its turn is stopped."""
    row = copy(call.row)
    if call.result is None:
        row.state = CallState.CANCELLED
    return row
