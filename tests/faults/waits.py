"""Waits: how long the upstream asks to wait, in every spelling."""

import email.utils
import time
from typing import Any

from .scripts import Script, failed, retried
from .wire import (
    CLOSE,
    OVERLOADED,
    Attempt,
    answered,
    head,
    refused,
)

LIMITED = refused(429, "rate_limit_error", "Slowly.")


def _limited(status: int = 429, **headers: str) -> Attempt:
    kind = "rate_limit_error" if status == 429 else "overloaded_error"
    return refused(status, kind, "Slowly.", **headers)


def _until_a_date(seconds: int) -> Attempt:
    """Return a refusal whose retry-after is a date that is told when it is sent."""

    def told() -> bytes:
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        return head(429, retry_after=date, content_length="0")

    return [told, CLOSE]


def _told(name: str, attempt: Attempt, says: str, **facts: Any) -> Script:
    """Return one whose wait is too long to sit out: a person is told at once."""
    usual: Any = {"error": "rate_limit_error", "action": "wait", "requests": 1}
    return failed(name, attempt, says=says, **usual | facts)


SCRIPTS: list[Script] = [
    retried("429-once", LIMITED),
    retried("529-once", OVERLOADED),
    retried("429-then-529-then-500", LIMITED, OVERLOADED, answered(b"", 500)),
    retried("529-four-times", *[OVERLOADED] * 4),
    retried("429-after-1-second", _limited(retry_after="1"), asks=1.0),
    retried("529-after-1-second", _limited(529, retry_after="1"), asks=1.0),
    retried("503-after-1-second", answered(b"", 503, retry_after="1"), asks=1.0),
    retried("429-after-half-a-second", _limited(retry_after="0.5"), asks=0.5),
    retried("429-after-700-ms", _limited(retry_after_ms="700"), asks=0.7),
    retried(
        "ms-before-seconds", _limited(retry_after_ms="700", retry_after="50"), asks=0.7
    ),
    retried("429-until-a-date", _until_a_date(3), asks=1.5),
    retried("429-until-a-past-date", _until_a_date(-100)),
    retried("429-after-0", _limited(retry_after="0")),
    retried("429-after-less-than-0", _limited(retry_after="-5")),
    retried("429-after-nonsense", _limited(retry_after="soon")),
    retried("429-after-infinity", _limited(retry_after="inf")),
    retried("429-after-nothing", _limited(retry_after="")),
    retried(
        "429-after-119-seconds", _limited(retry_after="119"), asks=119.0, is_long=True
    ),
    retried("429-after-1-second-twice", *[_limited(retry_after="1")] * 2, asks=1.0),
    _told("429-after-an-hour", _limited(retry_after="3600"), "60 minutes"),
    _told(
        "529-after-an-hour",
        _limited(529, retry_after="3600"),
        "60 minutes",
        error="overloaded_error",
    ),
    _told("429-after-a-day", _limited(retry_after="86400"), "24 hours"),
    _told("429-after-121-seconds", _limited(retry_after="121"), "3 minutes"),
    _told("429-after-ages", _limited(retry_after="1e300"), "hours"),
    _told("429-until-a-far-date", _until_a_date(900), "15 minutes"),
]
