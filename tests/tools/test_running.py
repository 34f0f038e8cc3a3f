"""Whatever happens to a call is its result."""

import asyncio
import uuid
from typing import Any

import pytest

from conversations.tools import running
from conversations.tools.base import (
    Call,
    Input,
    Tool,
    ToolContext,
    ToolError,
    ToolResult,
)
from conversations.tools.running import run_call

CONTEXT = ToolContext(owner_id=1, conversation_id=uuid.uuid4(), turn_id=uuid.uuid4())


class Moody(Tool):
    """Refuses, breaks, hangs or answers, as it is told."""

    name = "moody"
    title = summary = description = "Moody"
    input_schema: Input = {"type": "object", "required": ["how"]}
    timeout_seconds = 0.2

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
        return ToolResult(tool_input["how"], title="Well")


def call(how: str, **fields: Any) -> Call:
    fields = {"name": "moody", "input": {"how": how}, **fields}
    return Call(id="toolu_1", **fields)


async def test_answer_is_the_tool_s_own() -> None:
    result = await run_call(Moody(), call("fine"), CONTEXT)

    assert result == ToolResult("fine", title="Well")


@pytest.mark.parametrize(
    ("tool", "made", "said"),
    [
        (Moody(), call("refuse"), "Not today."),
        (Moody(), call("break"), "The tool failed because of a fault of its own."),
        (Moody(), call("hang"), "The tool gave no answer in 0.2 seconds."),
        (None, call("", name="x"), "There is no tool 'x' in this conversation."),
        (Moody(), call("", input={}), "The input does not fit the tool: 'how' is a"),
        (Moody(), call("", input=None), "The input was no valid JSON object."),
    ],
)
async def test_what_goes_wrong_is_the_result(
    tool: Tool | None, made: Call, said: str
) -> None:
    result = await run_call(tool, made, CONTEXT)

    assert result.is_error
    assert str(result.content).startswith(said)


async def test_long_text_is_cut() -> None:
    result = await run_call(Moody(), call("long"), CONTEXT)

    assert str(result.content).endswith("\n[7 characters left out]")


def test_result_answers_its_call_and_toolset() -> None:
    answered = call("", toolset="desk").answered(ToolResult("no", is_error=True))

    assert answered == {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": "no",
        "is_error": True,
        "toolset_name": "desk",
    }


async def test_cancelling_stops_the_tool() -> None:
    tool = Moody()
    tool.timeout_seconds = 60
    task = asyncio.create_task(run_call(tool, call("hang"), CONTEXT))
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
