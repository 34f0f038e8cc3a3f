"""Errors inside a stream: every type, before and after the first words."""

from typing import Any

from .parts import early, late
from .scripts import ATTEMPTS, Script, broken, failed, unbegun
from .statuses import STATUSES
from .wire import PIECES, error_event, streamed

FIRST = PIECES[0]
# type -> what a person can do, whether it is tried again
TYPES = {
    kind: (action, is_tried_again)
    for kind, _, action, is_tried_again in STATUSES.values()
    if kind
} | {"weather_error": ("retry", True)}


def _scripts() -> list[Script]:
    scripts = []
    for kind, (action, is_tried_again) in TYPES.items():
        error, attempts = error_event(kind), ATTEMPTS if is_tried_again else 1
        facts: dict[str, Any] = {"error": kind, "action": action}
        early_ones = {"requests": attempts, "booked": attempts, "estimated": attempts}
        scripts += [
            failed(f"first-{kind}", streamed(error), **facts, requests=attempts),
            failed(f"early-{kind}", early(error), **facts | early_ones),
            broken(f"late-{kind}", late(error), **facts, text=FIRST),
        ]
    return scripts


UNCLEAR: list[Script] = [
    unbegun(
        "error-without-json", early(b"event: error\ndata: oops\n\n"), error="api_error"
    ),
    unbegun("error-without-data", early(b"event: error\n\n"), error="api_error"),
    broken(
        "error-that-is-a-text",
        late(b'event: error\ndata: {"type": "error", "error": "oops"}\n\n'),
        error="api_error",
        text=FIRST,
    ),
    broken(
        "error-without-its-name",
        late(error_event("overloaded_error").partition(b"\n")[2]),
        error="overloaded_error",
        text=FIRST,
    ),
]

SCRIPTS = [*_scripts(), *UNCLEAR]
