"""Spellings: texts that are hard to carry and to keep."""

from .scripts import Script, sound
from .wire import Attempt, escaped, frame, hello, sse, streamed

MEGABYTE = 2**20


def _escaped(*pieces: str) -> Attempt:
    return streamed(escaped(*hello(*pieces)))


SCRIPTS: list[Script] = [
    sound("half-a-character", _escaped("A\ud83d", "B"), text="A\ufffdB"),
    sound("a-character-in-halves", _escaped("A\ud83d", "\udc4bB"), text="A👋B"),
    sound("nul", _escaped("A\0", "B"), text="A\0B"),
    sound(
        "control-characters",
        _escaped("A\x07\x1b[31m\x7f", "\u2028B"),
        text="A\x07\x1b[31m\x7f\u2028B",
    ),
    sound(
        "line-ends-in-text", _escaped("A\r\n\n\r", "\u0085B"), text="A\r\n\n\r\u0085B"
    ),
    sound(
        "invalid-utf-8",
        streamed(sse(*hello("A~", "B")).replace(b"~", b"\xff\xc3")),
        text="A\ufffd\ufffdB",
    ),
    sound(
        "looks-like-an-event",
        _escaped('event: error\ndata: {"type": "error"}\n\n'),
        text='event: error\ndata: {"type": "error"}\n\n',
    ),
    sound(
        "markup",
        _escaped("<script>alert(1)</script>", "</textarea>"),
        text="<script>alert(1)</script></textarea>",
    ),
    sound("delta-of-1-mb", _escaped("x" * MEGABYTE), text="x" * MEGABYTE),
    sound("delta-of-10-mb", _escaped("x" * 10 * MEGABYTE), text="x" * 10 * MEGABYTE),
    sound("3000-deltas-at-once", _escaped(*["tick "] * 3_000), text="tick " * 3_000),
    sound(
        "1000-deltas-in-chunks",
        streamed(*(frame(event) for event in hello(*["tick "] * 1_000))),
        text="tick " * 1_000,
    ),
]
