"""Order: events that are broken, doubled, missing or in the wrong place."""

from tests.turns.scripted import ended, started, text

from .parts import (
    CHANGE,
    DELTAS,
    EVENTS,
    OPEN,
    SHUT,
    START,
    STOP,
    early,
    grown,
    late,
    named,
    opened,
    shut,
)
from .scripts import Script, broken, sound, unbegun
from .wire import (
    ANSWER,
    MESSAGE_ID,
    PIECES,
    Attempt,
    sse,
    streamed,
)

FIRST = PIECES[0]


def _with_usage(start: object, change: object) -> Attempt:
    begin, *middle = [started(MESSAGE_ID), *text(0, *PIECES)]
    begin["message"]["usage"] = start
    end, stop = ended()
    end["usage"] = change
    return streamed(sse(begin, *middle, end, stop))


def _malformed(name: str, noise: bytes) -> list[Script]:
    """Return what nothing can be made of, before and after something is shown."""
    kind = "malformed_event"
    return [
        unbegun(f"{name}-early", early(noise), error=kind),
        broken(f"{name}-late", late(noise), error=kind, text=FIRST),
    ]


SCRIPTS: list[Script] = [
    *_malformed("invalid-json", named("content_block_delta", b'{"type": "content_bl')),
    *_malformed("json-list", named("content_block_delta", b"[1, 2]")),
    *_malformed("json-number", named("content_block_delta", b"42")),
    *_malformed("json-without-type", named("content_block_delta", b'{"index": 0}')),
    *_malformed("json-type-is-a-number", named("content_block_delta", b'{"type": 5}')),
    *_malformed("json-too-deep", named("content_block_delta", b"[" * 100_000)),
    *_malformed("message-start-again", START),
    *_malformed("block-of-wrong-index", sse(opened(7, type="text", text=""))),
    *_malformed("delta-of-wrong-index", sse(grown(3, "text_delta", text="?"))),
    *_malformed("stop-of-wrong-index", sse(shut(3))),
    *_malformed(
        "delta-without-index",
        named("content_block_delta", b'{"type": "content_block_delta"}'),
    ),
    *_malformed("block-without-type", sse(opened(0, text=""))),
    *_malformed(
        "block-that-is-a-text",
        named(
            "content_block_start",
            b'{"type": "content_block_start", "index": 1, "content_block": "?"}',
        ),
    ),
    *_malformed("delta-that-is-no-text", sse(grown(0, "text_delta", text=5))),
    *_malformed("delta-of-null", sse(grown(0, "text_delta", text=None))),
    unbegun(
        "no-message-start",
        streamed(b"".join(EVENTS[1:])),
        error="malformed_event",
        booked=0,
        estimated=0,
    ),
    broken(
        "delta-after-its-block",
        streamed(START + OPEN + b"".join(DELTAS) + SHUT + DELTAS[0] + CHANGE + STOP),
        error="malformed_event",
        text=ANSWER,
    ),
    sound("no-block-stop", streamed(b"".join(e for e in EVENTS if e != SHUT))),
    sound(
        "next-block-without-a-stop",
        streamed(
            sse(
                started(MESSAGE_ID),
                *text(0, FIRST)[:-1],
                *text(1, *PIECES[1:]),
                *ended(),
            )
        ),
    ),
    sound(
        "message-delta-twice",
        streamed(START + OPEN + b"".join(DELTAS) + SHUT + CHANGE + CHANGE + STOP),
    ),
    sound(
        "message-delta-early",
        streamed(START + OPEN + CHANGE + b"".join(DELTAS) + SHUT + STOP),
    ),
    sound(
        "no-message-delta",
        streamed(b"".join(e for e in EVENTS if e != CHANGE)),
        stop_reason="",
    ),
    sound("stop-alone", streamed(START + STOP), stop_reason="", text=""),
    sound("no-usage", _with_usage(None, None)),
    sound(
        "usage-of-nulls", _with_usage({"input_tokens": None}, {"output_tokens": None})
    ),
    sound(
        "usage-of-nonsense",
        _with_usage(
            {"input_tokens": "many", "output_tokens": -1, "cache_creation": 5},
            {
                "output_tokens": 2.5,
                "output_tokens_details": [1],
                "server_tool_use": "no",
            },
        ),
    ),
    sound(
        "usage-too-large",
        _with_usage({"input_tokens": 10**30}, {"output_tokens": 2**31}),
    ),
]
