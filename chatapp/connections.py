"""Daphne's two protocols, with limits in both directions.

Daphne reads whole request bodies into memory, queues incoming frames without bound and
writes to slow readers without looking back; each of these lets one client fill the
memory of all.
"""

import asyncio
import io
import json
from http import HTTPStatus
from typing import Any, BinaryIO

import daphne.server  # first: it installs the asyncio reactor
from daphne.http_protocol import HTTPFactory as DaphneHTTPFactory
from daphne.http_protocol import WebRequest
from daphne.ws_protocol import WebSocketFactory as DaphneWebSocketFactory
from daphne.ws_protocol import WebSocketProtocol as DaphneWebSocketProtocol
from twisted.internet import tcp
from twisted.internet.interfaces import IPushProducer
from twisted.web import http
from zope.interface import implementer

type Message = dict[str, Any]

BODY_CHUNK_BYTES = 256 * 1024  # ours: few thread hops for a large body, little memory
FRAMES_QUEUED_AT_MOST = 64  # ours: a person's tab has one or two under way
DISCARD_SECONDS = 10  # ours: time for a client to notice that its upload was refused


@implementer(IPushProducer)
class Writable:
    """Says whether a connection takes more bytes.

    Twisted pauses a connection's producer when more than 64 KiB wait in its buffer and
    resumes it when they are gone.
    """

    def __init__(self) -> None:
        self._takes_more = asyncio.Event()
        self._takes_more.set()

    async def wait(self) -> None:
        """Return as soon as the connection takes more bytes, or is gone."""
        await self._takes_more.wait()

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        """Note that the buffer is full."""
        self._takes_more.clear()

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        """Note that the buffer is empty."""
        self._takes_more.set()

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        """Let go of everybody who waits: the connection is gone."""
        self._takes_more.set()


class RequestInbox(asyncio.Queue[Message]):
    """What an HTTP application receives: the body, piece by piece as it asks for it."""

    def __init__(self, body: BinaryIO) -> None:
        super().__init__()
        self._body: BinaryIO | None = body

    async def get(self) -> Message:
        """Return the next piece of the body, and after the last one a disconnect."""
        if self._body is None:
            return await super().get()
        chunk = self._body.read(BODY_CHUNK_BYTES)
        more_body = len(chunk) == BODY_CHUNK_BYTES
        if not more_body:
            self._body.close()
            self._body = None
        return {"type": "http.request", "body": chunk, "more_body": more_body}

    def put_nowait(self, message: Message) -> None:
        """Take a disconnect; what Daphne reads of the body is the empty stand-in."""
        if message["type"] != "http.request":
            super().put_nowait(message)


class SocketInbox(asyncio.Queue[Message]):
    """What a socket's application receives; a client that floods it is read no further."""

    def __init__(self, transport: Any) -> None:
        super().__init__()
        self._transport = transport
        self._is_paused = False

    def put_nowait(self, message: Message) -> None:
        """Queue `message`, and stop reading from the client when too many wait."""
        super().put_nowait(message)
        if self.qsize() >= FRAMES_QUEUED_AT_MOST and not self._is_paused:
            self._is_paused = True
            self._transport.pauseProducing()

    async def get(self) -> Message:
        """Return the next message, and read on once half the queue is worked off."""
        message = await super().get()
        if self._is_paused and self.qsize() <= FRAMES_QUEUED_AT_MOST // 2:
            self._is_paused = False
            self._transport.resumeProducing()
        return message


class Request(WebRequest):  # type: ignore[misc]  # Daphne is untyped
    """One HTTP request: refused when too large, else read and written piece by piece."""

    error_template = (
        "<!doctype html><title>%(title)s</title><h1>%(title)s</h1><p>%(body)s</p>"
    )

    content: BinaryIO

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Django parses forms itself. Twisted would do it too, in memory and on the loop:
        # a 32 MB upload cost 390 MB and blocked everybody for 1.7 s.
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)
        self.writable = Writable()
        self._received_bytes = 0
        self._is_refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802  # Twisted's name
        """Refuse a body that is announced to be too large before it comes."""
        super().gotLength(length)
        if length is not None and length > self.server.max_body_bytes:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Keep a piece of the body, or let it go if the request was refused."""
        self._received_bytes += len(data)
        if not self._is_refused and self._received_bytes > self.server.max_body_bytes:
            self._refuse()
        if not self._is_refused:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Hand the whole request to the application."""
        if self._is_refused:
            return self.channel.loseConnection()
        return super().process()

    def open_inbox(self) -> RequestInbox:
        """Return the application's inbox, which takes the body over."""
        body, self.content = self.content, io.BytesIO()
        return RequestInbox(body)

    def handle_reply(self, message: Message) -> None:
        """Pass a reply on, from its start on with an eye on how fast it is read."""
        starts = message["type"] == "http.response.start"
        if starts and self.channel is not None and self.producer is None:
            self.registerProducer(self.writable, streaming=True)
        super().handle_reply(message)

    def finish(self) -> None:
        """End the answer."""
        self.unregisterProducer()
        self.writable.stopProducing()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  # Twisted's name
        """Let go of an application that waits to write."""
        self.writable.stopProducing()
        super().connectionLost(reason)

    def _refuse(self) -> None:
        # The answer goes out at once, but the connection stays open for a while and what
        # comes is thrown away: closing it now would reset the connection, and the client
        # would never see why.
        self._is_refused = True
        self.requestHeaders.removeHeader(b"Expect")
        wants_text = b"text/html" in b",".join(
            self.requestHeaders.getRawHeaders(b"accept") or []
        )
        self.channel.transport.write(too_large(self.server.max_body_bytes, wants_text))
        daphne.server.reactor.callLater(DISCARD_SECONDS, self._drop)

    def _drop(self) -> None:
        if not self._disconnected:
            self.channel.loseConnection()


def too_large(max_body_bytes: int, wants_text: bool) -> bytes:
    """Return the complete answer 413, as text for a page and as JSON for a program."""
    message = (
        f"This request is larger than the {max_body_bytes // 1024**2} MB that are "
        "taken at once. Send a smaller file."
    )
    error = {"error": {"type": "request_too_large", "message": message}}
    body = (message if wants_text else json.dumps(error)).encode()
    kind = "text/plain; charset=utf-8" if wants_text else "application/json"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    head = (
        f"HTTP/1.1 {status.value} Content Too Large\r\n"
        f"Content-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


class WebSocket(DaphneWebSocketProtocol):  # type: ignore[misc]  # Daphne is untyped
    """One browser tab's socket."""

    def __init__(self) -> None:
        super().__init__()
        self.writable = Writable()

    def open_inbox(self) -> SocketInbox:
        """Return the application's inbox."""
        return SocketInbox(self.transport)

    def onOpen(self) -> None:  # noqa: N802  # Autobahn's name
        """Take the place of the HTTP channel, which would stop reading instead."""
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.writable, streaming=True)
        super().onOpen()

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:  # noqa: N802, N803  # Autobahn's names
        """Let go of an application that waits to write."""
        self.writable.stopProducing()
        super().onClose(wasClean, code, reason)

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:  # noqa: N802  # Daphne's name
        """Write one frame.

        Autobahn's sendMessage would hold what we send to the limit for what we receive,
        and a snapshot of a long conversation is larger than that.
        """
        if self.state != self.STATE_OPEN:
            return
        payload = content.encode() if isinstance(content, str) else content
        self.sendFrame(opcode=2 if binary else 1, payload=payload)

    def sendData(  # noqa: N802  # Autobahn's name
        self, data: bytes, sync: bool = False, chopsize: int | None = None
    ) -> None:
        """Write octets, without composing a debug line for each as Autobahn does."""
        if sync or chopsize or self.send_queue:
            super().sendData(data, sync, chopsize)
        elif _is_idle(self.transport):
            self._write_now(data)
        else:
            self.transport.write(data)

    def _write_now(self, data: bytes) -> None:
        """Write what the kernel takes at once.

        Twisted would have the selector tell first that the socket takes something, and
        then that it need not tell any more: a third of what a delta costs.
        """
        written = self.transport.writeSomeData(data)
        if not isinstance(written, int):
            written = 0  # The connection is lost, as Twisted has to find out itself.
        if written < len(data):
            self.transport.write(data[written:])

    def _closeConnection(self, abort: bool = False) -> None:  # noqa: N802  # Autobahn's name
        # With a paused producer Twisted would wait for it and never close.
        self.transport.unregisterProducer()
        self.writable.stopProducing()
        super()._closeConnection(abort)


def _is_idle(transport: Any) -> bool:
    """Tell whether a plain socket has nothing left to write, and is to stay."""
    return bool(
        isinstance(transport, tcp.Connection)
        and transport.connected
        and not transport.disconnecting
        and not transport.dataBuffer
        and not transport._tempDataLen
    )


class HTTPFactory(DaphneHTTPFactory):  # type: ignore[misc]  # Daphne is untyped
    def buildProtocol(self, addr: Any) -> http.HTTPChannel:  # noqa: N802  # Twisted's name
        """Return a channel that makes our requests."""
        channel: http.HTTPChannel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel


class WebSocketFactory(DaphneWebSocketFactory):  # type: ignore[misc]  # Daphne is untyped
    protocol = WebSocket
