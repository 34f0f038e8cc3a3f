"""What went wrong with a batch, or with one of its requests, in words for people."""

from typing import Any

from conversations.claude import ClaudeError, ErrorAnswer, InvalidRequest
from conversations.turns.sentences import sentence

UNKNOWN_MESSAGE = "Claude gave no reason."


def error_of(type: str, message: str, request_id: str | None = None) -> dict[str, Any]:
    """Return the error of a batch or item as it is stored."""
    return {"type": type, "message": message, "request_id": request_id}


EXPIRED = error_of(
    "expired", "Claude did not get to it within a day. It was not charged."
)
CANCELLED = error_of(
    "cancelled", "It was cancelled before it began. It was not charged."
)
WITHOUT_RESULT = error_of(
    "no_result", "The batch has ended, and Claude said nothing of this request."
)
MISTAKE = error_of(
    "internal_error", "Colloquy made a mistake; the server's log tells more."
)


def trouble_of(error: ClaudeError) -> dict[str, Any]:
    """Return what is told of a call that failed; people cannot repeat it themselves."""
    return error_of(error.type, sentence(error, advice=False), error.request_id)


def item_error(result: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of an errored result: the API's error object in words."""
    outer = result.get("error")
    outer = outer if isinstance(outer, dict) else {}
    inner = outer.get("error")
    inner = inner if isinstance(inner, dict) else {}
    kind = str(inner.get("type") or "api_error")
    message = str(inner.get("message") or UNKNOWN_MESSAGE)
    request_id = outer.get("request_id")
    made = InvalidRequest if kind == InvalidRequest.usual_type else ErrorAnswer
    error = made(message, type=kind, request_id=request_id and str(request_id))
    return trouble_of(error)
