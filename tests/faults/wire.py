"""What a script is made of: bytes of an HTTP answer, and what befalls the connection."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.turns.scripted import Event, ended, started, text

# Stands for an id of its own in every answer; the upstream puts it in.
MESSAGE_ID = "msg_0000"
PIECES = ("The kettle ", "is in the attic. ", "Grüße 👋")
ANSWER = "".join(PIECES)


@dataclass(frozen=True)
class Pause:
    """Nothing for a while."""

    seconds: float


class Stall:
    """Nothing any more, until the client hangs up."""


class Close:
    """An orderly end of the connection (FIN)."""


class Reset:
    """The connection breaks (RST)."""


STALL, CLOSE, RESET = Stall(), Close(), Reset()

# A function's bytes are made at the moment when they are sent.
type Act = bytes | Callable[[], bytes] | Pause | Stall | Close | Reset
type Attempt = list[Act]


def sse(*events: Event, newline: str = "\n") -> bytes:
    """Return events as the API writes them."""
    return b"".join(frame(event, newline) for event in events)


def frame(event: Event, newline: str = "\n") -> bytes:
    body = json.dumps(event, ensure_ascii=False)
    return f"event: {event['type']}{newline}data: {body}{newline}{newline}".encode()


def escaped(*events: Event) -> bytes:
    """Return events in ASCII: only so can half a character be written."""
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
        for event in events
    )


def hello(*pieces: str, stop_reason: str = "end_turn") -> list[Event]:
    """Return the events of a sound answer."""
    return [
        started(MESSAGE_ID),
        *text(0, *(pieces or PIECES)),
        *ended(stop_reason),
    ]


HELLO = sse(*hello())


def head(status: int = 200, **headers: str) -> bytes:
    """Return a status line and headers; `retry_after` means the header retry-after.

    The connection is closed after each answer, so that every request is seen to come
    on a connection of its own.
    """
    named = {"connection": "close", "request-id": "req_fault"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode("latin-1")


STREAM_HEAD = head(content_type="text/event-stream", transfer_encoding="chunked")
LAST_CHUNK = b"0\r\n\r\n"


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


def streamed(*parts: Act, **headers: str) -> Attempt:
    """Return a 200 whose body is these parts, each in a chunk of its own, and its end.

    What is no bytes is done between the chunks; nothing comes after a stall or a cut.
    """
    usual = {"content_type": "text/event-stream", "transfer_encoding": "chunked"}
    first = head(200, **usual | headers)
    acts: Attempt = [first]
    for part in parts:
        acts.append(chunk(part) if isinstance(part, bytes) else part)
    if not parts or not isinstance(parts[-1], Stall | Close | Reset):
        acts += [LAST_CHUNK, CLOSE]
    return acts


def answered(
    body: object, status: int = 200, content_type: str = "application/json", **more: str
) -> Attempt:
    """Return an answer in one piece; an object is written as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = str(len(raw))
    first = head(status, content_type=content_type, content_length=length, **more)
    return [first + raw, CLOSE]


def refused(
    status: int, kind: str, message: str = "No.", code: str = "", **headers: str
) -> Attempt:
    """Return an error of the API."""
    details: dict[str, Any] = {"details": {"error_code": code}} if code else {}
    error = {"type": kind, "message": message, **details}
    body = {"type": "error", "error": error, "request_id": "req_fault"}
    return answered(body, status, **headers)


def error_event(kind: str, message: str = "No.") -> bytes:
    return sse({"type": "error", "error": {"type": kind, "message": message}})


OVERLOADED = refused(529, "overloaded_error", "Overloaded")
SOUND = streamed(HELLO)


def cut_into(body: bytes, places: Iterable[int]) -> list[bytes]:
    """Return a body in pieces that end at these places."""
    edges = [0, *sorted(set(places)), len(body)]
    return [body[a:b] for a, b in pairwise(edges) if a < b]


def gzipped(*parts: bytes) -> list[bytes]:
    """Return parts as one gzip stream that is flushed after each of them."""
    packer = zlib.compressobj(wbits=31)
    packed = [packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) for part in parts]
    return [*packed, packer.flush()]


def gzipped_whole(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
