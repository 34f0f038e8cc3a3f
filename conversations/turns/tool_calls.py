"""The calls of a running turn: run side by side, told as they go, stored with care."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from conversations.models import CallState, Permission, ToolCall
from conversations.models.reading import read
from conversations.models.wire import Block, storable
from conversations.protocol import events
from conversations.tools.base import Call, Tool, ToolContext, ToolResult
from conversations.tools.permissions import permission_of
from conversations.tools.registry import find_tool
from conversations.tools.running import failed, run_call

from . import endings
from .live import LiveCall, LiveTurn
from .patience import surely
from .publisher import Publisher
from .writer import Writer

FORBIDDEN = "The person does not allow this tool. Go on without it."
DENIED = (
    "The person did not allow this call. Do not try it again; go on without it, or ask"
    " them what they would like instead."
)
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
            self._publisher.called(_beginning(item.call), item.call)
        return await asyncio.gather(*(self._answer(item) for item in prepared))

    async def _prepare(self, call: Call) -> "_Prepared":
        live = self._live
        round_ = live.rounds[-1]
        found = partial(_find, live.turn.author_id, call.name)
        tool, permission = await surely(lambda: read(found))
        must_ask = permission == Permission.ASK
        row = ToolCall(
            turn=live.turn,
            round=round_.number,
            tool_use_id=storable(call.id)[:200],
            name=storable(call.name)[:200],
            title=(tool.title if tool else call.name.replace("_", " "))[:200],
            permission_key=tool.permission_key if tool else "",
            state=CallState.WAITING if must_ask else CallState.RUNNING,
        )
        prepared = LiveCall(call, row, round_.message_id)
        if must_ask:
            prepared.word = asyncio.get_running_loop().create_future()
        return _Prepared(tool, permission, prepared)

    async def _answer(self, item: "_Prepared") -> Block:
        result, seconds = await self._run(item)
        item.finish(result, seconds)
        self._publisher.called(events.ToolFinished, item.call)
        assert item.call.result is not None
        return item.call.result

    async def _run(self, item: "_Prepared") -> tuple[ToolResult, float]:
        """Return what came of a call, and in how many seconds."""
        call = item.call
        if item.permission == Permission.NEVER:
            call.row.state = CallState.DENIED
            return failed(FORBIDDEN), 0
        if call.word is not None:
            is_allowed = await call.word
            call.row.state = CallState.RUNNING if is_allowed else CallState.DENIED
            if not is_allowed:
                return failed(DENIED), 0
            self._publisher.called(events.ToolStarted, call)
        turn = self._live.turn
        context = ToolContext(
            turn.author_id, turn.conversation_id, turn.id, self._writer.do
        )
        began = monotonic()
        result = await run_call(item.tool, call.made, context)
        return result, monotonic() - began


@dataclass(frozen=True)
class _Prepared:
    """A call with the tool that runs it, if there is one, and what is told of it."""

    tool: Tool | None
    permission: Permission
    call: LiveCall

    def finish(self, result: ToolResult, seconds: float) -> None:
        row = self.call.row
        if row.state == CallState.RUNNING:
            row.state = CallState.FAILED if result.is_error else CallState.DONE
            row.seconds = round(seconds, 1)
        row.outcome = storable(result.title)[:MAX_OUTCOME_CHARACTERS]
        self.call.result = self.call.made.answered(result)


def _beginning(call: LiveCall) -> type[events.TurnEvent]:
    return events.ToolStarted if call.word is None else events.ToolWaiting


def _find(owner_id: Any, name: str) -> tuple[Tool | None, Permission]:
    tool = find_tool(owner_id, name)
    # What nobody runs needs no permission: the call fails, and says so.
    return tool, permission_of(owner_id, tool) if tool else Permission.ALWAYS
