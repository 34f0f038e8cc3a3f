"""The words for how a turn ended: each is a sentence, and says what can be done."""

from typing import Any

import pytest

from conversations.claude import (
    AuthenticationFailed,
    ClaudeError,
    InvalidRequest,
    NotFound,
    RateLimited,
    SpendLimitReached,
    StreamEndedEarly,
    UpstreamFailed,
    UpstreamOverloaded,
)
from conversations.turns.engine import ToolNotOffered, TooManyRounds
from conversations.turns.outcomes import error_object, retry_reason
from conversations.turns.sentences import SENTENCES

ACTIONS = {
    "retry",
    "continue",
    "shorten",
    "change_model",
    "ask_admin",
    "wait",
    "log_in",
    "none",
}


def kinds(root: type[ClaudeError] = ClaudeError) -> set[type[ClaudeError]]:
    below = {kind for child in root.__subclasses__() for kind in kinds(child)}
    return {root, *below}


@pytest.mark.parametrize("kind", sorted(kinds(), key=str))
def test_every_error_is_a_sentence_and_an_action(kind: type[ClaudeError]) -> None:
    told = error_object(kind("Something odd", request_id="req_1"))

    assert told["type"] == kind.usual_type
    assert told["request_id"] == "req_1"
    assert told["message"][0].isupper()
    assert told["message"].endswith(".")
    assert "{" not in told["message"]
    assert told["action"] in ACTIONS


def test_every_sentence_belongs_to_an_error() -> None:
    assert set(SENTENCES) <= {kind.usual_type for kind in kinds()}


@pytest.mark.parametrize(
    ("error", "message", "action"),
    [
        (
            InvalidRequest("tools.0: unknown field"),
            "Claude refused the request: tools.0: unknown field.",
            "none",
        ),
        (
            InvalidRequest("prompt is too long: 210000 tokens > 200000 maximum"),
            "The conversation is longer than this model can read. Compact it and try"
            " again, start a new one, or choose a model that reads more.",
            "shorten",
        ),
        (
            InvalidRequest("You have reached your specified API usage limits."),
            "The spending limit of the API account is reached. An administrator can"
            " raise it.",
            "ask_admin",
        ),
        (
            InvalidRequest("No.", error_code="organization_on_hold"),
            "The API account is on hold. An administrator has to talk to Anthropic.",
            "ask_admin",
        ),
        (
            SpendLimitReached("Spent."),
            "The spending limit of the API account is reached. An administrator can"
            " raise it.",
            "ask_admin",
        ),
        (
            RateLimited("Slowly.", retryable=False),
            "Too many requests in too short a time. Wait a moment and try again.",
            "wait",
        ),
        (
            AuthenticationFailed("invalid x-api-key"),
            "The API key is missing or invalid. An administrator has to set it.",
            "ask_admin",
        ),
        (
            NotFound("model: claude-nine"),
            "The API does not know what was asked for: model: claude-nine. Choose"
            " another model; if none works, an administrator has to check"
            " ANTHROPIC_BASE_URL.",
            "change_model",
        ),
        (
            UpstreamFailed("It rained!", type="weather_error"),
            "Claude answered with an error: It rained! Try again.",
            "retry",
        ),
        (
            StreamEndedEarly("reset"),
            "The connection to Claude broke before the answer was complete.",
            "retry",
        ),
        (
            TooManyRounds(),
            "Claude paused or used tools too often without an end.",
            "continue",
        ),
        (
            ToolNotOffered(),
            "Claude called a tool that this conversation does not have.",
            "retry",
        ),
        (
            KeyError("mistake"),
            "Colloquy made a mistake; the server's log tells more. Try again.",
            "retry",
        ),
    ],
)
def test_a_stranger_is_told_what_to_do(
    error: BaseException, message: str, action: str
) -> None:
    told = error_object(error)

    assert (told["message"], told["action"]) == (message, action)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "a minute"),
        (61, "2 minutes"),
        (3600, "60 minutes"),
        (5400, "90 minutes"),
        (5401, "2 hours"),
        (86_400, "24 hours"),
    ],
)
def test_a_long_wait_is_told_in_words(seconds: float, words: str) -> None:
    for kind in (RateLimited, UpstreamOverloaded):
        told = error_object(kind("Slowly.", retry_after_seconds=seconds))

        sentence = "Claude takes no more requests for now. It asks to wait"
        assert told["message"] == f"{sentence} {words}."
        assert told["action"] == "wait"


def test_a_short_wait_is_not_told() -> None:
    told = error_object(RateLimited("Slowly.", retry_after_seconds=59))

    assert told["message"].startswith("Too many requests")


def test_whoever_waits_for_a_retry_is_told_what_happened_and_nothing_to_do() -> None:
    error = UpstreamOverloaded("Overloaded", request_id="req_1")

    assert retry_reason(error) == {
        "type": "overloaded_error",
        "message": "Claude is overloaded at the moment.",
        "retryable": True,
        "request_id": "req_1",
        "action": "retry",
    }


def test_a_page_of_reasons_is_cut_off() -> None:
    told: dict[str, Any] = error_object(InvalidRequest("x" * 100_000))

    assert len(told["message"]) < 1_100
