"""How a turn ended, in words that a person can act on."""

from typing import Any

from conversations.claude import ClaudeError
from conversations.prompts.attachments import AttachmentGone

from .engine import ToolNotOffered, TooManyRounds

# type -> (sentence, action). `{message}` is the upstream's own sentence.
SENTENCES = {
    "invalid_request_error": ("Claude refused the request: {message}", "none"),
    "authentication_error": (
        "The API key is missing or invalid. An administrator has to set it.",
        "ask_admin",
    ),
    "billing_error": (
        "The API account has to be paid for or topped up.",
        "ask_admin",
    ),
    "permission_error": ("The API key may not do this: {message}", "ask_admin"),
    "not_found_error": (
        "The API does not know what was asked for: {message}",
        "change_model",
    ),
    "request_too_large": (
        "The request is larger than the API takes. Start a new conversation with"
        " fewer or smaller files.",
        "shorten",
    ),
    "rate_limit_error": (
        "Too many requests in too short a time. Wait a moment and try again.",
        "wait",
    ),
    "overloaded_error": (
        "Claude is overloaded at the moment. Try again in a little while.",
        "retry",
    ),
    "api_error": ("Something broke on Claude's side. Try again.", "retry"),
    "timeout_error": ("Claude took too long to answer. Try again.", "retry"),
    "request_timeout": ("Claude took too long to answer. Try again.", "retry"),
    "connection_failed": (
        "Claude cannot be reached. Check the network or try again.",
        "retry",
    ),
    "connection_timed_out": (
        "Claude cannot be reached in time. Check the network or try again.",
        "retry",
    ),
    "redirected": (
        "The API address answers with a redirect. An administrator has to correct"
        " ANTHROPIC_BASE_URL.",
        "ask_admin",
    ),
    "empty_stream": ("Claude sent an empty answer. Try again.", "retry"),
    "stream_ended_early": (
        "The connection to Claude broke before the answer was complete.",
        "retry",
    ),
    "stream_stalled": ("Claude fell silent in the middle of the answer.", "retry"),
    "malformed_event": ("Claude's answer could not be read. Try again.", "retry"),
    "malformed_answer": ("Claude's answer could not be read. Try again.", "retry"),
}
SPEND_LIMIT = (
    "The spending limit of the API account is reached. An administrator can raise it.",
    "ask_admin",
)
UNKNOWN = ("Claude answered with an error: {message}", "retry")

INTERRUPTED = {
    "type": "interrupted",
    "message": "The server stopped before the answer was complete. What was written is"
    " kept.",
    "retryable": True,
    "request_id": None,
    "action": "retry",
}


def error_object(error: BaseException) -> dict[str, Any]:
    """Return the protocol's error object for whatever ended a turn."""
    if isinstance(error, ClaudeError):
        return _claude_error(error)
    if isinstance(error, AttachmentGone):
        return _error("attachment_gone", f"{error} Start a new conversation.", "none")
    if isinstance(error, TooManyRounds):
        return _error(
            "too_many_rounds", "Claude paused too often without an end.", "continue"
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
    sentence, action = SENTENCES.get(error.type, UNKNOWN)
    if error.type == "rate_limit_error" and not error.retryable:
        sentence, action = SPEND_LIMIT
    return {
        "type": error.type,
        "message": sentence.format(message=error.message),
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
