"""Splits: the same sound answer, cut into any pieces and written with any line ends."""

import random
import re

from .parts import CHANGE, DELTAS, EVENTS, OPEN, SHUT, START, STOP
from .scripts import Script, broken, sound
from .wire import CLOSE, HELLO, STREAM_HEAD, chunk, cut_into, hello, sse, streamed

BOM = "\ufeff".encode()
CRLF = sse(*hello(), newline="\r\n")
CR = sse(*hello(), newline="\r")
EMOJI = HELLO.index("👋".encode())


def _places(body: bytes, pattern: bytes, offset: int) -> list[int]:
    return [found.start() + offset for found in re.finditer(pattern, body)]


def _random_cuts(seed: int, body: bytes) -> list[bytes]:
    dice = random.Random(seed)
    return cut_into(body, dice.choices(range(len(body)), k=dice.randint(1, 60)))


def _mixed(body: bytes, seed: int) -> bytes:
    """Return a body whose lines end in all three ways."""
    dice = random.Random(seed)
    mixed = b""
    for line in body.split(b"\n")[:-1]:
        end = dice.choice([b"\n", b"\r\n", b"\r"])
        # An LF right after a CR would not end a line of its own.
        is_joined = mixed.endswith(b"\r") and not line
        mixed += line + (b"\r" if is_joined else end)
    return mixed


SCRIPTS: list[Script] = [
    sound("one-chunk", streamed(HELLO)),
    sound("one-chunk-per-event", streamed(*EVENTS)),
    sound("one-chunk-per-byte", streamed(*cut_into(HELLO, range(len(HELLO))))),
    sound("one-chunk-per-byte-crlf", streamed(*cut_into(CRLF, range(len(CRLF))))),
    sound(
        "split-inside-a-character",
        streamed(*cut_into(HELLO, [EMOJI + 1, EMOJI + 2, EMOJI + 3])),
    ),
    sound(
        "split-inside-crlf",
        streamed(*cut_into(CRLF, _places(CRLF, rb"\r\n", offset=1))),
    ),
    sound(
        "split-inside-field-names",
        streamed(*cut_into(HELLO, _places(HELLO, b"event: |data: ", offset=2))),
    ),
    sound(
        "split-before-blank-lines",
        streamed(*cut_into(HELLO, _places(HELLO, rb"\n\n", offset=1))),
    ),
    sound(
        "two-events-and-a-half",
        streamed(
            START + OPEN + DELTAS[0][:20],
            DELTAS[0][20:] + DELTAS[1] + DELTAS[2][:9],
            DELTAS[2][9:] + SHUT + CHANGE[:50],
            CHANGE[50:] + STOP,
        ),
    ),
    *(
        sound(f"random-splits-{seed}", streamed(*_random_cuts(seed, HELLO)))
        for seed in range(6)
    ),
    *(
        sound(f"random-splits-crlf-{seed}", streamed(*_random_cuts(seed, CRLF)))
        for seed in range(3)
    ),
    sound("crlf", streamed(CRLF)),
    sound("cr", streamed(CR)),
    sound("cr-split", streamed(*_random_cuts(1, CR))),
    *(sound(f"mixed-ends-{seed}", streamed(_mixed(HELLO, seed))) for seed in range(3)),
    sound("byte-order-mark", streamed(BOM + HELLO)),
    sound("byte-order-mark-split", streamed(BOM[:1], BOM[1:] + HELLO)),
    # The blank line is what ends an event: without it there was none.
    broken(
        "no-blank-line-at-the-end",
        [STREAM_HEAD, chunk(HELLO[:-1]), b"0\r\n\r\n", CLOSE],
        error="stream_ended_early",
        text="The kettle is in the attic. Grüße 👋",
    ),
]
