"""How a turn ended, as the protocol tells it."""

from typing import Any

from conversations.claude import ClaudeError

from .engine import ToolNotOffered, TooManyRounds
from .sentences import sentence, words_for

INTERRUPTED = {
    "type": "interrupted",
    "message": "The server stopped before the answer was complete. What was written is"
    " kept.",
    "retryable": True,
    "request_id": None,
    "action": "retry",
}


def retry_reason(error: ClaudeError) -> dict[str, Any]:
    """Return the error object of what is tried again: nobody has to do anything."""
    return {**error_object(error), "message": sentence(error, advice=False)}


def error_object(error: BaseException) -> dict[str, Any]:
    """Return the protocol's error object for whatever ended a turn."""
    if isinstance(error, ClaudeError):
        return _claude_error(error)
    if isinstance(error, TooManyRounds):
        return _error(
            "too_many_rounds",
            "Claude paused or used tools too often without an end.",
            "continue",
        )
    if isinstance(error, ToolNotOffered):
        return _error(
            "tool_not_offered",
            "Claude called a tool that this conversation does not have.",
            "retry",
        )
    return _error(
        "internal_error",
        "Colloquy made a mistake; the server's log tells more. Try again.",
        "retry",
    )


def _claude_error(error: ClaudeError) -> dict[str, Any]:
    _, _, action = words_for(error)
    return {
        "type": error.type,
        "message": sentence(error, advice=True),
        "retryable": error.retryable,
        "request_id": error.request_id,
        "action": action,
    }


def _error(kind: str, message: str, action: str) -> dict[str, Any]:
    return {
        "type": kind,
        "message": message,
        "retryable": action == "retry",
        "request_id": None,
        "action": action,
    }
