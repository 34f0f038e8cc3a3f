"""Keeps the truth about one running turn, through the writer."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from conversations.models import State, Turn
from conversations.usage.recording import Round

from . import endings
from .endings import Answer, Ending
from .kept import without_open_calls
from .live import LiveRound, LiveTurn
from .writer import Writer


class Recorder:
    """Marks what changed for the next checkpoint; freezes rounds; closes the turn."""

    def __init__(self, live: LiveTurn, writer: Writer) -> None:
        self._live = live
        self._writer = writer

    def streamed(self, round_: LiveRound, event: dict[str, Any]) -> None:
        """Mark the block that an event of the API has changed."""
        if "index" in event:
            round_.changed.add(event["index"])

    async def freeze(self, round_: LiveRound) -> dict[str, Any]:
        """Store a finished round; return the turn's usage so far."""
        answer = self._answer(round_, round_.snapshot.blocks)
        usage = await self._writer.do(
            partial(
                endings.freeze_round,
                self._live.id,
                self._live.epoch,
                answer,
                [self._used(round_)],
            )
        )
        round_.is_frozen = True
        return usage

    async def book_failed_attempt(self, round_: LiveRound) -> None:
        """Book what an attempt had counted when it broke."""
        if not round_.snapshot.usage:
            return
        used = self._used(round_, is_estimated=True)
        await self._writer.do(
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
            )
        )

    async def stop(
        self, state: State, error: dict[str, Any] | None
    ) -> tuple[Turn, dict[str, Any]]:
        """Close the turn before its end: keep what can stay of the open round."""
        round_ = self._live.current
        answer, usage = None, []
        if round_ is not None:
            kept = without_open_calls(round_.snapshot.kept_content())
            answer = self._answer(round_, kept) if kept else None
            if round_.snapshot.usage:
                usage = [self._used(round_, is_estimated=True)]
        frozen = [item.message_id for item in self._live.rounds if item.is_frozen]
        return await self._close(
            Ending(
                state=state,
                error=error,
                answer=answer,
                usage=usage,
                leaf_id=frozen[-1] if frozen else None,
            )
        )

    async def _close(self, ending: Ending) -> tuple[Turn, dict[str, Any]]:
        live = self._live
        return await self._writer.do(
            partial(endings.close_turn, live.id, live.epoch, ending)
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
        )

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
        )
