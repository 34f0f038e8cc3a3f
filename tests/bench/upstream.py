"""A synthetic Claude whose deltas say when they were sent: `python -m tests.bench.upstream`.

The last user message says what to stream: `bench tag=a n=300 rate=30 size=20`. Each
delta's text begins with `@sent;index;arrived@`: CLOCK_MONOTONIC in nanoseconds, which
all processes of a machine share. `n=0` streams until somebody asks for /stop; `rate=0`
is as fast as the reader takes it.

Bare asyncio and prepared bytes: what it costs is taken from the servers under test.
"""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from time import monotonic_ns

WANTED = re.compile(rb"bench tag=(\w+) n=(\d+) rate=(\d+) size=(\d+)(?: style=(\w+))?")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
BATCH = 20  # deltas of an unpaced stream between two looks at the socket

PROSE = (
    "A table is **set** before it is laid. ",
    "The cook says `when`, the guests say *how much*. ",
    "\n\n- first the plates\n- then the glasses\n\n",
    "What is left is counted, and what was counted is kept. ",
    "\n\n## Afterwards\n\nThe cloth is folded in four. ",
)


@dataclass(frozen=True)
class Wanted:
    """What a prompt asks to be streamed."""

    tag: str
    count: int
    rate: int
    size: int
    style: str

    @classmethod
    def of(cls, body: bytes) -> "Wanted":
        """Read the newest message's wish; without one, a few words."""
        found = WANTED.findall(body)
        tag, count, rate, size, style = found[-1] if found else (b"-", 3, 0, 20, b"")
        return cls(tag.decode(), int(count), int(rate), int(size), style.decode())


class Log:
    """What the driver asks about afterwards."""

    def __init__(self) -> None:
        self.sent: dict[str, int] = {}
        self.closed: dict[str, int] = {}
        self.running: set[Stream] = set()
        self.requests = 0


class Stream:
    """One streamed answer."""

    def __init__(
        self, connection: "Connection", wanted: Wanted, arrived: int, log: Log
    ) -> None:
        self._connection = connection
        self._wanted = wanted
        self._arrived = arrived
        self._log = log
        self._index = 0
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._text = _texts(wanted)
        log.running.add(self)

    def begin(self) -> None:
        """Send the head of the answer and the first delta."""
        self._connection.write(HEAD)
        if self._wanted.rate:
            self._tick()
        else:
            self.go_on()

    def go_on(self) -> None:
        """Send as much as the socket takes, for a stream without a rate."""
        if self._wanted.rate or self not in self._log.running:
            return
        while self._connection.takes_more:
            if self._is_done:
                self.finish()
                return
            self._connection.write(b"".join(self._batch()))

    def finish(self) -> None:
        """Send the end of the answer."""
        self._log.sent[self._wanted.tag] = self._index
        self._leave()
        self._connection.write(TAIL)

    def lose(self) -> None:
        """Note that the reader has hung up."""
        self._log.sent[self._wanted.tag] = self._index
        self._log.closed[self._wanted.tag] = monotonic_ns()
        self._leave()

    @property
    def _is_done(self) -> bool:
        return 0 < self._wanted.count <= self._index

    def _tick(self) -> None:
        if self._is_done:
            self.finish()
            return
        self._connection.write(self._delta())
        self._next += 1 / self._wanted.rate
        self._timer = self._loop.call_at(self._next, self._tick)

    def _batch(self) -> Iterator[bytes]:
        for _ in range(BATCH):
            if not self._is_done:
                yield self._delta()

    def _delta(self) -> bytes:
        mark = f"@{monotonic_ns()};{self._index};{self._arrived}@"
        self._index += 1
        return _chunk(DELTA % (mark + self._text()).encode())

    def _leave(self) -> None:
        self._log.running.discard(self)
        if self._timer is not None:
            self._timer.cancel()


class Connection(asyncio.Protocol):
    """One keep-alive connection of a server under test, or of the driver."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._received = b""
        self._stream: Stream | None = None
        self.takes_more = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._stream is not None and self._stream in self._log.running:
            self._stream.lose()

    def pause_writing(self) -> None:
        self.takes_more = False

    def resume_writing(self) -> None:
        self.takes_more = True
        if self._stream is not None:
            self._stream.go_on()

    def write(self, octets: bytes) -> None:
        self._transport.write(octets)

    def data_received(self, data: bytes) -> None:
        arrived = monotonic_ns()
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if not separator or len(rest) < size:
            return
        self._received = rest[size:]
        self._answer(head, rest[:size], arrived)

    def _answer(self, head: bytes, body: bytes, arrived: int) -> None:
        self._log.requests += 1
        method, path, *_ = head.split(b" ", 2)
        if method == b"GET":
            self._answer_json(_facts(path, self._log))
        elif b'"stream": true' in body or b'"stream":true' in body:
            self._stream = Stream(self, Wanted.of(body), arrived, self._log)
            self._stream.begin()
        else:
            self._answer_json(TITLE)

    def _answer_json(self, value: object) -> None:
        body = json.dumps(value).encode()
        head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        self.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)


def _facts(path: bytes, log: Log) -> object:
    if path == b"/stop":
        for stream in list(log.running):
            stream.finish()
        return log.sent
    if path == b"/log":
        return {"sent": log.sent, "closed": log.closed, "requests": log.requests}
    return {"data": [], "has_more": False, "first_id": None, "last_id": None}


def _texts(wanted: Wanted) -> Callable[[], str]:
    """Return a function that gives the text of each delta after its mark."""
    if wanted.style == "prose":
        sentences = cycle(PROSE)
        return lambda: json.dumps(next(sentences))[1:-1]
    filler = ("word " * (wanted.size // 5 + 1))[: wanted.size]
    return lambda: filler


def _chunk(frame: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(frame), frame)


def _event(**fields: object) -> bytes:
    return f"event: {fields['type']}\ndata: {json.dumps(fields)}\n\n".encode()


USAGE = {"input_tokens": 10, "output_tokens": 1}
MESSAGE: dict[str, object] = {
    "id": "msg_bench",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5-5",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": USAGE,
}
TITLE = MESSAGE | {
    "content": [{"type": "text", "text": '{"title": "A measured talk"}'}],
    "stop_reason": "end_turn",
}
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n"
) + _chunk(
    _event(type="message_start", message=MESSAGE)
    + _event(
        type="content_block_start", index=0, content_block={"type": "text", "text": ""}
    )
)
DELTA = (
    b"event: content_block_delta\n"
    b'data: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"%s"}}\n\n'
)
TAIL = (
    _chunk(
        _event(type="content_block_stop", index=0)
        + _event(
            type="message_delta",
            delta={"stop_reason": "end_turn", "stop_sequence": None},
            usage={"output_tokens": 9},
        )
        + _event(type="message_stop")
    )
    + b"0\r\n\r\n"
)


async def serve(port: int) -> None:
    """Answer on `port` until the process is ended."""
    log = Log()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(log), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
