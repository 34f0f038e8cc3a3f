"""What stands under an answer that did not simply end, in words for people."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from conversations.models import Message, State, Turn


@dataclass(frozen=True)
class Notice:
    """Why an answer looks as it does and what can be done; actions name buttons."""

    kind: str
    title: str
    message: str = ""
    request_id: str = ""
    actions: tuple[str, ...] = ()


# By the `type` of a stored error: the API's own and those of our client.
TITLES = {
    "rate_limit_error": "Too many requests",
    "overloaded_error": "Claude is overloaded",
    "authentication_error": "The API key was not accepted",
    "billing_error": "There is a problem with billing",
    "permission_error": "This is not allowed",
    "not_found_error": "The model was not found",
    "request_too_large": "The conversation is too large",
    "invalid_request_error": "Claude did not accept the request",
    "timeout_error": "Claude took too long",
    "request_timeout": "Claude took too long",
    "api_error": "Claude had an internal error",
    "connection_failed": "Claude could not be reached",
    "connection_timed_out": "Claude could not be reached",
    "broken_stream": "The connection to Claude broke",
    "empty_stream": "Claude sent nothing",
    "stream_ended_early": "The connection to Claude broke",
    "stream_stalled": "Claude stopped sending",
}
REFUSAL_CATEGORIES = {
    "cyber": "It may help to harm computer systems.",
    "bio": "It may help to make biological or chemical weapons.",
    "frontier_llm": "It may help to build competing frontier models.",
    "reasoning_extraction": "It asks for Claude's hidden reasoning.",
    "general_harms": "It may cause harm.",
}
# What the stored `action` of an error offers as buttons.
BUTTONS = {
    "retry": ("retry",),
    "wait": ("retry",),
    "continue": ("continue", "retry"),
    "change_model": ("change_model",),
    "shorten": ("compact", "new"),
    "log_in": ("log_in",),
}
# After these there is more to ask for, now or once an administrator has helped.
GOES_ON = ("retry", "wait", "continue", "ask_admin")


@dataclass(frozen=True)
class Kept:
    """What there is of an answer: by its newest turn, and in all.

    `written` are the messages of the newest turn. `can_go_on` tells whether Claude
    would find something to continue, `is_rest` whether the turn was asked for more,
    `is_json` whether it has to fit a schema: the rest of it would not.
    """

    written: Sequence[Message] = ()
    can_go_on: bool = False
    is_rest: bool = False
    is_json: bool = False


# As Claude may end after the results of tools (API guide, stop reasons).
EMPTY = Notice(
    "ended",
    "Claude ended without a word",
    "Write another message, or have the question answered again.",
    actions=("retry",),
)
# Also in _waiting_templates.html, for the page to show by itself.
WAITING = Notice(
    "queued",
    "Waiting for a free server…",
    "The answer begins by itself.",
    actions=("cancel",),
)
# Also in static/js/notices.js.
LATER = Notice(
    "queued",
    "To be answered within a day",
    "For half the price. You may close this page.",
    actions=("cancel",),
)


def notice_for(turn: Turn, kept: Kept) -> Notice | None:
    """Return the notice of a turn's answer; None while it runs and when all is well."""
    match turn.state:
        case State.QUEUED:
            return LATER if turn.later else WAITING
        case State.COMPLETED:
            return _completed(turn.stop_reason, kept)
        case State.CANCELLED:
            return Notice("stopped", "Stopped", _missing(kept), actions=_rest(kept))
        case State.INTERRUPTED:
            return _unfinished(
                "interrupted", "Interrupted", "The server stopped.", turn, kept
            )
        case State.FAILED:
            title = TITLES.get(_error(turn).get("type", ""), "The answer failed")
            return _unfinished("failed", title, "", turn, kept)
    return None


def without_compaction(notice: Notice) -> Notice:
    """Return the notice of an answer up to which the conversation was compacted."""
    actions = tuple(action for action in notice.actions if action != "compact")
    message = notice.message
    if notice.kind == "window":
        message = "It was compacted since: go on with your next message."
    return replace(notice, message=message, actions=actions)


def _missing(kept: Kept) -> str:
    if kept.is_rest:
        return "" if kept.written else "Nothing more had been written yet."
    return "" if kept.can_go_on else "Nothing had been written yet."


def _completed(stop_reason: str, kept: Kept) -> Notice | None:
    match stop_reason:
        case "max_tokens":
            return Notice(
                "max_tokens",
                "The answer reached its length limit",
                _after_limit(kept),
                actions=_rest(kept),
            )
        case "model_context_window_exceeded":
            return Notice(
                "window",
                "The conversation has filled the model's memory",
                "Compact it to go on here, begin a new conversation, or choose a model"
                " that reads more.",
                actions=("compact", "new", "change_model"),
            )
        case "pause_turn" | "tool_use":
            return Notice(
                "paused", "Claude paused", "It can go on.", actions=_rest(kept)
            )
        case "refusal":
            return _refusal(kept.written)
        case "end_turn":
            return None if _says_something(kept) else EMPTY
        case "stop_sequence":
            return None
    return Notice(
        "ended",
        "The answer ended in an unusual way",
        f"Claude gave a reason that Colloquy does not know: {stop_reason[:60]}."
        if stop_reason
        else "Claude gave no reason for it.",
        actions=_rest(kept),
    )


def _says_something(kept: Kept) -> bool:
    """Whether the newest turn wrote anything; one without a row is not judged."""
    blocks = [block for message in kept.written for block in message.content or []]
    return bool(blocks) or not kept.written


def _after_limit(kept: Kept) -> str:
    if kept.is_json and kept.written:
        return "What there is of the JSON is not complete. Ask for less at once."
    if kept.can_go_on:
        return "Claude can go on where it was cut off."
    return "All of it went into thinking."


def _refusal(messages: Sequence[Message]) -> Notice:
    details = refusal_details(messages)
    category = REFUSAL_CATEGORIES.get(str(details.get("category")), "")
    explanation = details.get("explanation")
    told = explanation if isinstance(explanation, str) else ""
    return Notice(
        "refusal",
        "Claude declined to answer",
        " ".join(part for part in (category, told) if part),
        actions=("edit", "change_model"),
    )


def refusal_details(messages: Sequence[Message]) -> dict[str, Any]:
    """Return what the API said of a refusal, {} when it said nothing."""
    stored = messages[-1].stop_details if messages else None
    return stored if isinstance(stored, dict) else {}


def _unfinished(kind: str, title: str, message: str, turn: Turn, kept: Kept) -> Notice:
    error = _error(turn)
    return Notice(
        kind,
        title,
        error.get("message") or message,
        error.get("request_id") or "",
        _ways_on(error, kept),
    )


def _ways_on(error: dict[str, Any], kept: Kept) -> tuple[str, ...]:
    action = error.get("action", "retry")
    if kept.can_go_on and (action in GOES_ON or error.get("retryable")):
        return _rest(kept)
    actions = BUTTONS.get(action, ("retry",) if error.get("retryable") else ())
    return tuple(action for action in actions if action != "continue")


def _rest(kept: Kept) -> tuple[str, ...]:
    return ("continue", "retry") if kept.can_go_on else ("retry",)


def _error(turn: Turn) -> dict[str, Any]:
    error: dict[str, Any] = turn.error or {}
    return error
