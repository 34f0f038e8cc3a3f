"""Verdicts: when asking again is some use and when not, and several troubles in turn."""

from .parts import BEGUN, START
from .scripts import Script, broken, failed, retried
from .wire import (
    CLOSE,
    OVERLOADED,
    PIECES,
    RESET,
    answered,
    error_event,
    refused,
    streamed,
)

ERROR = {"type": "error", "error": {"type": "rate_limit_error", "message": "Slowly."}}


VERDICTS: list[Script] = [
    failed(
        "529-should-not-retry",
        refused(529, "overloaded_error", x_should_retry="false"),
        error="overloaded_error",
        requests=1,
    ),
    failed(
        "429-should-not-retry",
        refused(429, "rate_limit_error", x_should_retry="false"),
        error="rate_limit_error",
        action="wait",
        requests=1,
    ),
    failed(
        "400-should-retry",
        refused(400, "invalid_request_error", x_should_retry="true"),
        error="invalid_request_error",
        action="none",
    ),
    retried(
        "400-should-retry-once",
        refused(400, "invalid_request_error", x_should_retry="true"),
    ),
    retried(
        "verdict-of-nonsense", refused(529, "overloaded_error", x_should_retry="maybe")
    ),
    *(
        failed(
            code.replace("_", "-"),
            refused(429, "rate_limit_error", "Spent.", code),
            error="rate_limit_error",
            action="ask_admin",
            requests=1,
            says="spending limit",
        )
        for code in ("enforced_spend_limit_reached", "contract_spend_limit_reached")
    ),
    retried(
        "ramp-limit",
        refused(
            429, "rate_limit_error", "Slowly.", "ramp_limit_exceeded", retry_after="1"
        ),
        asks=1.0,
    ),
    retried(
        "unheard-of-code", refused(429, "rate_limit_error", "Slowly.", "too_rainy")
    ),
    failed(
        "own-spend-limit",
        refused(
            400,
            "invalid_request_error",
            "You have reached your specified API usage limits.",
        ),
        error="invalid_request_error",
        action="ask_admin",
        requests=1,
        says="spending limit",
    ),
    failed(
        "on-hold",
        refused(400, "invalid_request_error", "On hold.", "organization_on_hold"),
        error="invalid_request_error",
        action="ask_admin",
        requests=1,
        says="on hold",
    ),
    failed(
        "prompt-too-long",
        refused(
            400,
            "invalid_request_error",
            "prompt is too long: 210000 tokens > 200000 maximum",
        ),
        error="invalid_request_error",
        action="shorten",
        requests=1,
        says="longer than this model can read",
    ),
]

MIXED: list[Script] = [
    retried("reset-then-sound", [RESET]),
    retried(
        "everything-then-sound",
        [RESET],
        OVERLOADED,
        streamed(START, RESET),
        streamed(error_event("api_error")),
        booked=2,
    ),
    retried("page-then-sound", answered(b"<html>", 200, "text/html")),
    retried("error-in-json-then-sound", answered(ERROR)),
    failed("error-in-json", answered(ERROR), error="rate_limit_error", action="wait"),
    failed(
        "message-in-json",
        answered({"type": "message", "content": []}),
        error="empty_stream",
    ),
    failed(
        "page-in-place-of-an-answer",
        answered(b"<html>", 200, "text/html"),
        error="empty_stream",
        says="ANTHROPIC_BASE_URL",
    ),
    failed(
        "limit-is-shared",
        OVERLOADED,
        streamed(START, CLOSE),
        OVERLOADED,
        streamed(START, CLOSE),
        OVERLOADED,
        error="overloaded_error",
        booked=2,
        estimated=2,
    ),
    broken(
        "retried-then-broken",
        OVERLOADED,
        streamed(START, RESET),
        streamed(BEGUN, RESET),
        error="stream_ended_early",
        text=PIECES[0],
        requests=3,
        booked=2,
        estimated=2,
    ),
]

SCRIPTS = [*VERDICTS, *MIXED]
