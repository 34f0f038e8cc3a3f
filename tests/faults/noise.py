"""Noise: what may stand between and around the events, and how they may be written."""

import json

from tests.turns.scripted import Event

from .parts import (
    EVENTS,
    PING,
    STOP,
    everywhere,
    late,
    named,
)
from .scripts import Script, sound
from .wire import (
    HELLO,
    RESET,
    STALL,
    hello,
    streamed,
)

NEW_EVENT = (
    b'event: weather.changed\ndata: {"type": "weather.changed", "to": "rain"}\n\n'
)


def _in_lines(event: Event) -> bytes:
    lines = json.dumps(event, indent=2).split("\n")
    data = "".join(f"data: {line}\n" for line in lines)
    return f"event: {event['type']}\n{data}\n".encode()


SCRIPTS: list[Script] = [
    sound("comments-everywhere", everywhere(b": still here\n")),
    sound("comments-as-frames", everywhere(b":\n\n")),
    sound("long-comment", late(b":" + b"x" * 100_000 + b"\n")),
    sound("pings-everywhere", everywhere(PING)),
    sound("pings-without-json", everywhere(b"event: ping\ndata:\n\n")),
    sound("blank-lines-everywhere", everywhere(b"\n\n\n")),
    sound("new-events-everywhere", everywhere(NEW_EVENT)),
    sound("new-event-without-json", everywhere(named("weather", b"rain"))),
    sound("new-event-without-data", everywhere(b"event: weather\n\n")),
    sound("known-event-without-data", everywhere(b"event: content_block_delta\n\n")),
    sound("no-event-lines", streamed(b"".join(e.partition(b"\n")[2] for e in EVENTS))),
    sound(
        "data-before-event",
        streamed(
            b"".join(
                b"\n".join([*reversed(e.split(b"\n")[:2]), b"", b""]) for e in EVENTS
            )
        ),
    ),
    sound("data-in-many-lines", streamed(b"".join(map(_in_lines, hello())))),
    sound(
        "no-space-after-colon",
        streamed(HELLO.replace(b"data: ", b"data:").replace(b"event: ", b"event:")),
    ),
    sound(
        "retry-and-id-lines",
        streamed(HELLO.replace(b"data: ", b"retry: 10\nid: 7\ndata: ")),
    ),
    sound(
        "unknown-fields",
        streamed(HELLO.replace(b"data: ", b"mood: good\nnonsense\ndata: ")),
    ),
    sound("done-at-the-end", streamed(HELLO + b"data: [DONE]\n\n")),
    sound("done-in-the-middle", late(b"data: [DONE]\n\n")),
    sound(
        "rubbish-after-the-end",
        streamed(
            HELLO + b'data: {"type": "content_block_delta"}\n\n' + b"\xff\xfe rubbish"
        ),
    ),
    sound(
        "error-after-the-end", streamed(HELLO + named("error", b'{"type": "error"}'))
    ),
    sound("stop-twice", streamed(HELLO + STOP)),
    sound("whole-answer-twice", streamed(HELLO + HELLO)),
    sound("reset-after-the-end", streamed(HELLO, RESET)),
    sound("open-after-the-end", streamed(HELLO, STALL)),
]
