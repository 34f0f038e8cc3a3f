"""The calls of a running turn: run side by side, told as they go, stored with care."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic

from conversations.models import CallState, ToolCall
from conversations.models.reading import read
from conversations.models.wire import Block, storable
from conversations.protocol import events
from conversations.tools.base import Call, Tool, ToolContext, ToolResult
from conversations.tools.registry import find_tool
from conversations.tools.running import run_call

from . import endings
from .live import LiveCall, LiveTurn
from .publisher import Publisher
from .writer import Writer

MAX_OUTCOME_CHARACTERS = 200  # ours: the column's, and more than a line shows


class ToolCalls:
    """Runs what a round calls. `run` is what the engine asks for the results."""

    def __init__(self, live: LiveTurn, publisher: Publisher, writer: Writer) -> None:
        self._live = live
        self._publisher = publisher
        self._writer = writer

    async def run(self, calls: Sequence[Call]) -> list[Block]:
        """Return a result for each call, in their order. Cancelling stops all."""
        live = self._live
        prepared = [await self._prepare(call) for call in calls]
        rows = [item.call.row for item in prepared]
        job = partial(endings.begin_calls, live.id, live.epoch, rows)
        await self._writer.do_surely(job)
        for item in prepared:
            live.calls.append(item.call)
            self._publisher.called(events.ToolStarted, item.call)
        return await asyncio.gather(*(self._answer(item) for item in prepared))

    async def _prepare(self, call: Call) -> "_Prepared":
        live = self._live
        round_ = live.rounds[-1]
        tool = await read(find_tool, live.turn.author_id, call.name)
        row = ToolCall(
            turn=live.turn,
            round=round_.number,
            tool_use_id=storable(call.id)[:200],
            name=storable(call.name)[:200],
            title=(tool.title if tool else call.name.replace("_", " "))[:200],
        )
        return _Prepared(tool, LiveCall(call, row, round_.message_id))

    async def _answer(self, item: "_Prepared") -> Block:
        turn = self._live.turn
        context = ToolContext(turn.author_id, turn.conversation_id, turn.id)
        began = monotonic()
        result = await run_call(item.tool, item.call.made, context)
        item.finish(result, monotonic() - began)
        self._publisher.called(events.ToolFinished, item.call)
        assert item.call.result is not None
        return item.call.result


@dataclass(frozen=True)
class _Prepared:
    """A call with the tool that runs it, if there is one, and what is told of it."""

    tool: Tool | None
    call: LiveCall

    def finish(self, result: ToolResult, seconds: float) -> None:
        row = self.call.row
        row.state = CallState.FAILED if result.is_error else CallState.DONE
        row.outcome = storable(result.title)[:MAX_OUTCOME_CHARACTERS]
        row.seconds = round(seconds, 1)
        self.call.result = self.call.made.answered(result)
