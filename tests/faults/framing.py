"""Framing: how HTTP wraps the answer, sound and unsound."""

import random
import zlib

import brotli  # type: ignore[import-untyped]

from .parts import BEGUN, EVENTS, REST
from .scripts import Script, broken, failed, sound
from .wire import (
    CLOSE,
    HELLO,
    LAST_CHUNK,
    STREAM_HEAD,
    Attempt,
    chunk,
    gzipped,
    gzipped_whole,
    head,
    streamed,
)

SSE = "text/event-stream"


def _raw(first_line: bytes, *headers: bytes, body: bytes) -> Attempt:
    """Return an answer with headers that `head` would not write."""
    lines = b"\r\n".join([first_line, *headers, b"", b""])
    return [lines + body, CLOSE]


def _sized(body: bytes, length: int) -> Attempt:
    return [head(content_type=SSE, content_length=str(length)) + body, CLOSE]


PLAIN = b"content-type: text/event-stream"
TRAILER = b"0\r\nx-checksum: 1\r\n\r\n"
FLUSHED = gzipped(*EVENTS)
CODED = {"content_encoding": "gzip"}
LATIN = "text/event-stream; charset=iso-8859-1"
NOISE = random.Random(1).randbytes(2_000)

SCRIPTS: list[Script] = [
    sound("content-length", _sized(HELLO, len(HELLO))),
    sound("until-the-end-of-the-connection", [head(content_type=SSE) + HELLO, CLOSE]),
    sound("http-1-0", _raw(b"HTTP/1.0 200 OK", PLAIN, body=HELLO)),
    sound("no-reason-phrase", _raw(b"HTTP/1.1 200", PLAIN, body=HELLO)),
    sound(
        "head-byte-by-byte",
        [*(bytes([b]) for b in head(content_type=SSE)), HELLO, CLOSE],
    ),
    sound(
        "interim-answers",
        [
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\n\r\n",
            *streamed(HELLO),
        ],
    ),
    sound(
        "chunk-extensions",
        [STREAM_HEAD, b"%X;a=b\r\n%b\r\n" % (len(HELLO), HELLO), LAST_CHUNK, CLOSE],
    ),
    sound(
        "leading-zeros",
        [STREAM_HEAD, b"000%x\r\n%b\r\n" % (len(HELLO), HELLO), LAST_CHUNK, CLOSE],
    ),
    sound("trailers", [STREAM_HEAD, chunk(HELLO), TRAILER, CLOSE]),
    sound(
        "headers-in-capitals",
        _raw(
            b"HTTP/1.1 200 OK",
            b"CONTENT-TYPE: Text/Event-Stream; Charset=UTF-8",
            body=HELLO,
        ),
    ),
    sound("charset-is-not-believed", streamed(HELLO, content_type=LATIN)),
    sound("gzip-whole", streamed(gzipped_whole(HELLO), **CODED)),
    sound("gzip-flushed", streamed(*FLUSHED, **CODED)),
    sound(
        "gzip-byte-by-byte",
        streamed(*(bytes([b]) for b in gzipped_whole(HELLO)), **CODED),
    ),
    sound("deflate", streamed(zlib.compress(HELLO), content_encoding="deflate")),
    sound("brotli", streamed(brotli.compress(HELLO), content_encoding="br")),
    sound("identity", streamed(HELLO, content_encoding="identity")),
    failed("gzip-that-is-none", streamed(HELLO, **CODED), error="malformed_event"),
    failed(
        "gzip-of-noise",
        streamed(gzipped_whole(HELLO)[:10] + NOISE, **CODED),
        error="malformed_event",
    ),
    broken(
        "gzip-broken-later",
        streamed(FLUSHED[0], FLUSHED[1], FLUSHED[2], NOISE, **CODED),
        error="malformed_event",
        text="The kettle ",
    ),
    broken(
        "gzip-cut-short",
        streamed(*FLUSHED[:4], **CODED),
        error="stream_ended_early",
        text="The kettle is in the attic. ",
    ),
    failed(
        "unknown-encoding",
        streamed(NOISE, content_encoding="snappy"),
        error="empty_stream",
    ),
    failed("no-http", [b"SSH-2.0-OpenSSH_9.2\r\n", CLOSE], error="connection_failed"),
    failed(
        "status-that-is-none",
        _raw(b"HTTP/1.1 twohundred OK", PLAIN, body=HELLO),
        error="connection_failed",
    ),
    failed(
        "control-character-in-a-header",
        _raw(b"HTTP/1.1 200 OK", PLAIN, b"x-odd: a\x00b", body=HELLO),
        error="connection_failed",
    ),
    failed(
        "endless-head",
        [b"HTTP/1.1 200 OK\r\n" + b"x-long: y\r\n" * 30_000, CLOSE],
        error="connection_failed",
    ),
    failed(
        "negative-length",
        _raw(b"HTTP/1.1 200 OK", PLAIN, b"content-length: -5", body=HELLO),
        error="connection_failed",
    ),
    failed(
        "two-lengths",
        _raw(
            b"HTTP/1.1 200 OK",
            PLAIN,
            b"content-length: 5",
            b"content-length: 6",
            body=HELLO,
        ),
        error="connection_failed",
    ),
    failed(
        "chunk-size-that-is-none",
        [STREAM_HEAD, b"zz\r\n" + HELLO, CLOSE],
        error="stream_ended_early",
    ),
    broken(
        "chunk-size-that-is-none-later",
        [STREAM_HEAD, chunk(BEGUN), b"zz\r\n" + REST, CLOSE],
        error="stream_ended_early",
        text="The kettle ",
    ),
    broken(
        "shorter-than-its-length",
        _sized(BEGUN, len(HELLO)),
        error="stream_ended_early",
        text="The kettle ",
    ),
    sound("longer-than-its-length", [*_sized(HELLO, len(HELLO))[:-1], NOISE, CLOSE]),
    broken(
        "cut-off-by-its-length",
        _sized(HELLO, len(BEGUN)),
        error="stream_ended_early",
        text="The kettle ",
    ),
    failed("no-content", [head(204), CLOSE], error="empty_stream"),
    failed("no-content-type", [head() + HELLO, CLOSE], error="empty_stream"),
    failed(
        "plain-text", streamed(HELLO, content_type="text/plain"), error="empty_stream"
    ),
]
