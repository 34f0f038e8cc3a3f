"""Cuts: the connection ends, orderly and not, at every place of an answer."""

from tests.turns.scripted import ended, started, text, thinking

from .parts import BEGUN, CHANGE, DELTAS, OPEN, PING, SHUT, START, STOP
from .scripts import Script, broken, failed, unbegun
from .wire import CLOSE, MESSAGE_ID, PIECES, RESET, STREAM_HEAD, Act, sse, streamed

FIRST = PIECES[0]
BLOCK = START + OPEN + b"".join(DELTAS) + SHUT
SEALED = sse(started(MESSAGE_ID), *thinking(0)[:1], *thinking(0)[1:])
THOUGHT = sse(started(MESSAGE_ID), *thinking(0, "A kettle?")[:-1])
TWO = sse(started(MESSAGE_ID), *text(0, FIRST), *text(1, "is in")[:-1])
ALL = "".join(PIECES)
STATUS_LINE = b"HTTP/1.1 200 OK\r\n"


def _cuts(how: str, cut: Act) -> list[Script]:
    gone, early = "connection_failed", "stream_ended_early"
    # An orderly end before the first event is an answer that was empty.
    return [
        failed(f"{how}-at-once", [cut], error=gone),
        failed(f"{how}-in-the-status-line", [STATUS_LINE[:8], cut], error=gone),
        failed(f"{how}-in-the-headers", [STREAM_HEAD[:40], cut], error=gone),
        failed(f"{how}-after-the-headers", [STREAM_HEAD, cut], error=early),
        failed(f"{how}-in-the-first-event", streamed(START[:30], cut), error=early),
        failed(f"{how}-after-a-ping", streamed(PING, cut), error=early),
        unbegun(f"{how}-after-message-start", streamed(START, cut), error=early),
        unbegun(f"{how}-in-the-first-block", streamed(START + OPEN, cut), error=early),
        unbegun(f"{how}-after-sealed-thinking", streamed(SEALED, cut), error=early),
        broken(f"{how}-in-the-thinking", streamed(THOUGHT, cut), error=early),
        broken(f"{how}-after-a-delta", streamed(BEGUN, cut), error=early, text=FIRST),
        broken(
            f"{how}-inside-a-delta",
            streamed(BEGUN + DELTAS[1][:-30], cut),
            error=early,
            text=FIRST,
        ),
        broken(f"{how}-between-blocks", streamed(BLOCK, cut), error=early, text=ALL),
        broken(
            f"{how}-in-the-second-block",
            streamed(TWO, cut),
            error=early,
            text=f"{FIRST}is in",
        ),
        broken(
            f"{how}-before-message-stop",
            streamed(BLOCK + CHANGE, cut),
            error=early,
            text=ALL,
        ),
        broken(
            f"{how}-inside-message-stop",
            streamed(BLOCK + CHANGE + STOP[:-2], cut),
            error=early,
            text=ALL,
        ),
    ]


ENDS: list[Script] = [
    failed("end-at-once", streamed(), error="empty_stream"),
    failed("end-after-comments", streamed(b": hello\n\n"), error="empty_stream"),
    failed("end-after-a-ping", streamed(PING), error="stream_ended_early"),
    unbegun("end-after-message-start", streamed(START), error="stream_ended_early"),
    broken(
        "end-after-a-delta", streamed(BEGUN), error="stream_ended_early", text=FIRST
    ),
    broken(
        "end-before-message-stop",
        streamed(BLOCK + CHANGE),
        error="stream_ended_early",
        text=ALL,
    ),
    broken(
        "done-in-place-of-message-stop",
        streamed(BLOCK + CHANGE + b"data: [DONE]\n\n"),
        error="stream_ended_early",
        text=ALL,
    ),
    broken(
        "two-blocks-and-an-end",
        streamed(
            sse(started(MESSAGE_ID), *text(0, FIRST), *text(1, "is"), *ended()[:1])
        ),
        error="stream_ended_early",
        text=f"{FIRST}is",
    ),
]

SCRIPTS = [*_cuts("close", CLOSE), *_cuts("reset", RESET), *ENDS]
