"""Runs a call within its time: nothing that a tool does can hurt the turn."""

import asyncio
import logging

from .base import Call, Input, Tool, ToolContext, ToolError, ToolResult
from .inputs import problem_with, size_problem

logger = logging.getLogger(__name__)

MAX_RESULT_CHARACTERS = 200_000  # ours: some 50,000 tokens, a quarter of a window


async def run_call(tool: Tool | None, call: Call, context: ToolContext) -> ToolResult:
    """Run one call in its time. Whatever goes wrong with it is its result."""
    if tool is None:
        return failed(f"There is no tool {call.name[:80]!r} in this conversation.")
    if call.input is None:
        return failed("The input was no valid JSON object. Call again with one.")
    schema = tool.input_schema
    problem = (
        problem_with(call.input, schema)
        if tool.checks_input
        else size_problem(call.input)
    )
    if problem:
        return failed(f"The input does not fit the tool: {problem}")
    return _limited(await _run(tool, call.input, context))


def failed(reason: str) -> ToolResult:
    """Return the result of a call that came to nothing."""
    return ToolResult(reason, is_error=True)


async def _run(tool: Tool, tool_input: Input, context: ToolContext) -> ToolResult:
    try:
        async with asyncio.timeout(tool.timeout_seconds):
            return await tool.run(context, tool_input)
    except TimeoutError:
        return failed(f"The tool gave no answer in {tool.timeout_seconds:g} seconds.")
    except ToolError as error:
        return failed(str(error))
    except Exception:
        # A fault of a tool must not end the turn: Claude can go on without it.
        logger.exception("The tool %s failed in turn %s.", tool.name, context.turn_id)
        return failed("The tool failed because of a fault of its own.")


def _limited(result: ToolResult) -> ToolResult:
    """Cut a text that would fill the model's window."""
    text = result.content
    if not isinstance(text, str) or len(text) <= MAX_RESULT_CHARACTERS:
        return result
    left_out = len(text) - MAX_RESULT_CHARACTERS
    cut = f"{text[:MAX_RESULT_CHARACTERS]}\n[{left_out:,} characters left out]"
    return ToolResult(cut, result.is_error, result.title)
