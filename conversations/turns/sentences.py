"""What went wrong between us and Claude, in words that a person can act on."""

import math

from conversations.claude import ClaudeError, InvalidRequest, SpendLimitReached

type Words = tuple[str, str, str]

# type -> (what happened, what a person can do, action). `{message}` is the upstream's
# own sentence.
SENTENCES: dict[str, Words] = {
    "invalid_request_error": ("Claude refused the request: {message}", "", "none"),
    "authentication_error": (
        "The API key is missing or invalid.",
        "An administrator has to set it.",
        "ask_admin",
    ),
    "billing_error": (
        "The API account has to be paid for or topped up.",
        "An administrator can do it.",
        "ask_admin",
    ),
    "permission_error": (
        "The API key may not do this: {message}",
        "An administrator can change that.",
        "ask_admin",
    ),
    "not_found_error": (
        "The API does not know what was asked for: {message}",
        "Choose another model; if none works, an administrator has to check"
        " ANTHROPIC_BASE_URL.",
        "change_model",
    ),
    "not_offered": ("{message}", "Choose another model.", "change_model"),
    "provider_not_ready": (
        "The platform of this model is not set up completely.",
        "Choose another model. An administrator finds the reason with Test connection.",
        "ask_admin",
    ),
    "conflict_error": (
        "Claude is busy with a conflicting request.",
        "Try again.",
        "retry",
    ),
    "request_too_large": (
        "The request is larger than the API takes.",
        "Start a new conversation with fewer or smaller files.",
        "shorten",
    ),
    "request_rejected": (
        "Something on the way to Claude refused the request: {message}",
        "Try again; if it does not help, tell an administrator.",
        "retry",
    ),
    "rate_limit_error": (
        "Too many requests in too short a time.",
        "Wait a moment and try again.",
        "wait",
    ),
    "overloaded_error": (
        "Claude is overloaded at the moment.",
        "Try again in a little while.",
        "retry",
    ),
    "api_error": ("Something broke on Claude's side.", "Try again.", "retry"),
    "timeout_error": ("Claude took too long to answer.", "Try again.", "retry"),
    "request_timeout": ("Claude took too long to answer.", "Try again.", "retry"),
    "connection_failed": (
        "Claude cannot be reached.",
        "Check the network or try again.",
        "retry",
    ),
    "connection_timed_out": (
        "Claude did not answer in time.",
        "Check the network or try again.",
        "retry",
    ),
    "file_changed": (
        "A file of this conversation was changed or removed while it was sent.",
        "Try again.",
        "retry",
    ),
    "redirected": (
        "The API address answers with a redirect.",
        "An administrator has to correct ANTHROPIC_BASE_URL.",
        "ask_admin",
    ),
    "empty_stream": (
        "What came was no answer of Claude's.",
        "Try again; if it does not help, an administrator has to check"
        " ANTHROPIC_BASE_URL.",
        "retry",
    ),
    "stream_ended_early": (
        "The connection to Claude broke before the answer was complete.",
        "",
        "retry",
    ),
    "stream_stalled": (
        "Claude fell silent before the answer was complete.",
        "Try again.",
        "retry",
    ),
    "malformed_event": ("Claude's answer could not be read.", "Try again.", "retry"),
    "malformed_answer": ("Claude's answer could not be read.", "Try again.", "retry"),
}
SPEND_LIMIT = (
    "The spending limit of the API account is reached.",
    "An administrator can raise it.",
    "ask_admin",
)
ON_HOLD = (
    "The API account is on hold.",
    "An administrator has to talk to Anthropic.",
    "ask_admin",
)
TOO_LONG = (
    "The conversation is longer than this model can read.",
    "Compact it and try again, start a new one, or choose a model that reads more.",
    "shorten",
)
# What the API tells by `error_code`, and where it has none by its words alone.
BY_CODE = {"organization_on_hold": ON_HOLD}
BY_WORDS = {
    "prompt is too long": TOO_LONG,
    "specified API usage limits": SPEND_LIMIT,
}
UNKNOWN = ("Claude answered with an error: {message}", "Try again.", "retry")
LONG_WAITS = "Claude takes no more requests for now."
LONG_WAIT_SECONDS = 60  # shorter ones are over before they are read
LONGEST_QUOTE = 1_000  # ours, characters: a notice, not a page


def sentence(error: ClaudeError, *, advice: bool) -> str:
    """Say what happened and, with `advice`, what a person can do about it."""
    happened, to_do, _ = words_for(error)
    told = happened.format(message=_quoted(error.message))
    return f"{told} {to_do}" if advice and to_do else told


def words_for(error: ClaudeError) -> Words:
    """Choose the words for an error of Claude's."""
    if isinstance(error, SpendLimitReached):
        return SPEND_LIMIT
    if isinstance(error, InvalidRequest):
        for text, words in BY_WORDS.items():
            if text in error.message:
                return words
    wait = error.retry_after_seconds or 0
    if wait >= LONG_WAIT_SECONDS:
        return LONG_WAITS, f"It asks to wait {_in_words(wait)}.", "wait"
    usual = SENTENCES.get(error.type, UNKNOWN)
    return BY_CODE.get(error.error_code or "", usual)


def _quoted(message: str) -> str:
    """Return the upstream's words as the end of a sentence of ours."""
    message = message.strip()[:LONGEST_QUOTE]
    return message if message.endswith((".", "!", "?")) else f"{message}."


def _in_words(seconds: float) -> str:
    """Return a wait rounded up, so that nobody comes back too early."""
    minutes = math.ceil(seconds / 60)
    if minutes <= 90:
        return "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"{math.ceil(minutes / 60)} hours"
