"""Where the API is told to keep the prefix.

Automatic caching moves one breakpoint along with the conversation; it looks back 20
blocks (API guide, prompt caching). Behind a long last turn a second one keeps the earlier part.
"""

from typing import Any

BLOCKS_BEFORE_SECOND_BREAKPOINT = 15  # of the API's look-back of 20, with room to spare
EPHEMERAL = {"type": "ephemeral"}
# The API refuses a breakpoint on these, and on what answers them.
UNMARKABLE = frozenset({"thinking", "redacted_thinking"})


def place_breakpoints(params: dict[str, Any]) -> None:
    """Add `cache_control` to a request body that is about to be sent."""
    params["cache_control"] = EPHEMERAL
    messages = params["messages"]
    end = _end_of_previous_turn(messages)
    if end is None:
        return
    following = sum(len(message["content"]) for message in messages[end + 1 :])
    if following > BLOCKS_BEFORE_SECOND_BREAKPOINT:
        messages[end] = _marked(messages[end])


def _end_of_previous_turn(messages: list[dict[str, Any]]) -> int | None:
    """Return the index of the last answer before the last message of a person."""
    for index in range(len(messages) - 2, -1, -1):
        is_answered = messages[index + 1]["role"] == "user" and not _has_results(
            messages[index + 1]
        )
        if messages[index]["role"] == "assistant" and is_answered:
            return index
    return None


def _has_results(message: dict[str, Any]) -> bool:
    return any(block["type"] == "tool_result" for block in message["content"])


def _marked(message: dict[str, Any]) -> dict[str, Any]:
    content = list(message["content"])
    for index in range(len(content) - 1, -1, -1):
        if content[index]["type"] not in UNMARKABLE:
            content[index] = {**content[index], "cache_control": EPHEMERAL}
            break
    return {**message, "content": content}
