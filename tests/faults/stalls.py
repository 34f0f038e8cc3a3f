"""Stalls: the upstream falls silent, or says nothing that would be an answer."""

from typing import Any

from .cuts import ALL, BLOCK, FIRST, SEALED
from .parts import BEGUN, CHANGE, OPEN, PING, START
from .scripts import ATTEMPTS, Script, broken, failed, retried, unbegun
from .wire import STALL, STREAM_HEAD, Act, Attempt, Pause, head, streamed

NOISE_SECONDS = 0.05
COMMENT = b": still here\n\n"
NEW_EVENT = b'event: weather\ndata: {"type": "weather"}\n\n'


def _for_ever(noise: bytes) -> list[Act]:
    """Return noise that outlasts every patience."""
    return [Pause(NOISE_SECONDS), noise] * 1_000


def _once(name: str, attempt: Attempt, booked: int = 1) -> Script:
    return retried(name, attempt, booked=booked, stalls=True)


def _late(name: str, *parts: Act, text: str = "", **facts: Any) -> Script:
    return broken(
        name,
        streamed(*parts),
        error="stream_stalled",
        text=text,
        stalls=True,
        **facts,
    )


SCRIPTS: list[Script] = [
    _once("stall-at-once", [STALL]),
    _once("stall-in-the-headers", [STREAM_HEAD[:40], STALL]),
    _once("stall-after-the-headers", [STREAM_HEAD, STALL]),
    _once("stall-after-message-start", streamed(START, STALL), booked=2),
    _once("stall-in-the-first-block", streamed(START + OPEN, STALL), booked=2),
    _once("stall-after-sealed-thinking", streamed(SEALED, STALL), booked=2),
    failed("stall-always", [STALL], error="connection_timed_out", stalls=True),
    failed(
        "stall-always-after-the-headers",
        [STREAM_HEAD, STALL],
        error="stream_stalled",
        stalls=True,
    ),
    unbegun(
        "stall-always-after-message-start",
        streamed(START, STALL),
        error="stream_stalled",
        stalls=True,
    ),
    _late("stall-after-a-delta", BEGUN, STALL, text=FIRST),
    _late("stall-inside-a-delta", BEGUN + b"event: content_bl", STALL, text=FIRST),
    _late("stall-between-blocks", BLOCK, STALL, text=ALL),
    _late("stall-before-message-stop", BLOCK + CHANGE, STALL, text=ALL),
    _late("nothing-but-pings", BEGUN, *_for_ever(PING), text=FIRST),
    _late("nothing-but-comments", BEGUN, *_for_ever(COMMENT), text=FIRST),
    _late("nothing-but-new-events", BEGUN, *_for_ever(NEW_EVENT), text=FIRST),
    failed(
        "stall-in-the-body-of-an-error",
        [head(529, content_type="application/json", content_length="900"), b"{", STALL],
        error="overloaded_error",
        requests=ATTEMPTS,
        stalls=True,
    ),
    failed(
        "stall-in-the-body-of-a-page",
        [head(200, content_type="text/html", content_length="900"), b"<html>", STALL],
        error="empty_stream",
        stalls=True,
    ),
]
