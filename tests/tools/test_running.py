"""Calls of a round run side by side, and whatever happens is a result."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from conversations.tools import registry, running
from conversations.tools.base import (
    Call,
    Input,
    Offer,
    Tool,
    ToolContext,
    ToolError,
    ToolResult,
)
from conversations.tools.running import run_calls

CONTEXT = ToolContext(owner_id=1, conversation_id=uuid.uuid4(), turn_id=uuid.uuid4())


class Wait(Tool):
    """Waits for the others, refuses, breaks or hangs, as it is told."""

    name = "wait"
    title = summary = description = "Wait"
    input_schema: Input = {"type": "object", "required": ["how"]}
    timeout_seconds = 0.2

    def __init__(self, together: int = 1) -> None:
        self.barrier = asyncio.Barrier(together)

    async def run(self, context: ToolContext, tool_input: Input) -> ToolResult:
        match tool_input["how"]:
            case "refuse":
                raise ToolError("Not today.")
            case "break":
                raise RuntimeError("secret")
            case "hang":
                await asyncio.Event().wait()
            case "long":
                return ToolResult("x" * (running.MAX_RESULT_CHARACTERS + 7))
        await self.barrier.wait()
        return ToolResult(tool_input["how"])


class Source:
    def __init__(self, tool: Tool) -> None:
        self.tool = tool

    def offers(self, owner_id: Any) -> Sequence[Offer]:
        return []

    def find(self, owner_id: Any, name: str) -> Tool | None:
        return self.tool if name == self.tool.name else None


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Any:
    def offer(tool: Tool) -> None:
        monkeypatch.setattr(registry, "SOURCES", [Source(tool)])

    return offer


def call(how: str, number: int = 1, **fields: Any) -> Call:
    fields = {"name": "wait", "input": {"how": how}, **fields}
    return Call(id=f"toolu_{number}", **fields)


async def test_calls_run_at_the_same_time_and_answer_in_order(offered: Any) -> None:
    offered(Wait(together=3))

    results = await run_calls([call("a", 1), call("b", 2), call("c", 3)], CONTEXT)

    assert results == [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"},
        {"type": "tool_result", "tool_use_id": "toolu_2", "content": "b"},
        {"type": "tool_result", "tool_use_id": "toolu_3", "content": "c"},
    ]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (call("refuse"), "Not today."),
        (call("break"), "The tool failed because of a fault of its own."),
        (call("hang"), "The tool gave no answer in 0.2 seconds."),
        (call("", name="x"), "There is no tool 'x' in this conversation."),
        (call("", input={}), "The input does not fit the tool: 'how' is a required"),
        (call("", input=None), "The input was no valid JSON object."),
    ],
)
async def test_what_goes_wrong_is_the_result(
    offered: Any, made: Call, said: str
) -> None:
    offered(Wait())

    [result] = await run_calls([made], CONTEXT)

    assert result["is_error"] is True
    assert result["content"].startswith(said)


async def test_long_text_is_cut(offered: Any) -> None:
    offered(Wait())

    [result] = await run_calls([call("long")], CONTEXT)

    assert result["content"].endswith("\n[7 characters left out]")


async def test_toolset_is_named_again(offered: Any) -> None:
    offered(Wait())

    [result] = await run_calls([call("a", toolset="desk")], CONTEXT)

    assert result["toolset_name"] == "desk"


class Hang(Wait):
    """Hangs until it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.stopped = asyncio.Event(), asyncio.Event()

    async def run(self, context: ToolContext, tool_input: Input) -> ToolResult:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()
        return ToolResult("never")


async def test_cancelling_stops_every_call(offered: Any) -> None:
    tool = Hang()
    tool.timeout_seconds = 60
    offered(tool)
    task = asyncio.create_task(run_calls([call("a")], CONTEXT))
    await tool.begun.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert tool.stopped.is_set()
