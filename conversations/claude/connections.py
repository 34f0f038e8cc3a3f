"""The sockets under the client: pool, keep-alive and time limits."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx

CONNECT_SECONDS = 5.0  # SDK 2.12
READ_SECONDS = 600.0  # SDK 2.12, per chunk
# ours: the pool looks at each idle one twice for every request; SDK 2.12 keeps 100
IDLE_CONNECTIONS = 10
IDLE_SECONDS = 60.0  # ours: a person reads an answer before the next question
SEND_ONCE = "send_once"  # the extension of a request that must not go out twice


def open_http(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Return the HTTP client for one provider.

    It follows no redirect, which would carry the key elsewhere, and reads no
    proxy, .netrc or certificate path from the environment.
    """
    return httpx.AsyncClient(
        transport=transport or PooledTransport(),
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        event_hooks={"response": [_forget_odd_location]},
        trust_env=False,
    )


async def _forget_odd_location(response: httpx.Response) -> None:
    """Keep httpx from failing on the place of a redirect that nobody follows."""
    try:
        httpx.URL(response.headers.get("location", ""))
    except httpx.InvalidURL:
        del response.headers["location"]


def stream_timeout(stall_seconds: float) -> httpx.Timeout:
    """Return the time limits of a streamed answer, whose silence is limited anyway."""
    return httpx.Timeout(stall_seconds, connect=min(stall_seconds, CONNECT_SECONDS))


def _keep_alive_options() -> list[tuple[int, int, int]]:
    """Return the options that keep silent streams open behind NAT (SDK 2.12)."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_KEEPIDLE", 60),
        ("TCP_KEEPALIVE", 60),  # what macOS calls the idle time
        ("TCP_KEEPINTVL", 60),
        ("TCP_KEEPCNT", 5),
    ):
        if (option := getattr(socket, name, None)) is not None:
            options.append((socket.IPPROTO_TCP, option, value))
    return options


class ConnectionWatch:
    """Learns from httpcore's trace how far a request has come."""

    def __init__(self) -> None:
        self._was_sent = False
        self._is_new = False
        self._is_between_steps = True

    @property
    def was_reused(self) -> bool:
        """Whether the request was begun on a connection from the pool."""
        return self._was_sent and not self._is_new

    @property
    def can_be_cancelled(self) -> bool:
        """Whether the pool learns of it if the request is cancelled now."""
        return not self._is_between_steps

    async def trace(self, event: str, _details: Any) -> None:
        """Take one event, as httpcore's `trace` extension calls it."""
        step, _, stage = event.rpartition(".")
        if step == "connection.connect_tcp":
            self._is_new = True
        elif step == "http11.send_request_headers":
            self._was_sent = True
        self._is_between_steps = not self._was_sent and stage != "started"


class PooledTransport(httpx.AsyncHTTPTransport):
    """Sends requests over kept connections, which may die and be left at any time."""

    def __init__(self) -> None:
        super().__init__(
            trust_env=False,
            # A pool with a limit can starve for ever after cancelled requests;
            # the client counts its requests itself.
            limits=httpx.Limits(
                max_connections=None,
                max_keepalive_connections=IDLE_CONNECTIONS,
                keepalive_expiry=IDLE_SECONDS,
            ),
            socket_options=_keep_alive_options(),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response with its body still unread.

        A kept connection may have been closed by the server a moment ago. Then
        nothing was answered, and the request goes out once more, at once, unless it
        says that it must not.
        """
        watch = ConnectionWatch()
        try:
            return await self._send(request, watch)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if not watch.was_reused or request.extensions.get(SEND_ONCE):
                raise
        return await self._send(request, ConnectionWatch())

    async def _send(
        self, request: httpx.Request, watch: ConnectionWatch
    ) -> httpx.Response:
        """Send a request once, in a task of its own.

        The pool of httpcore 1.0.9 keeps for ever a connection whose request was
        cancelled between two of its steps (encode/httpcore#1093).
        """
        request.extensions["trace"] = watch.trace
        sending = asyncio.ensure_future(super().handle_async_request(request))
        try:
            await asyncio.wait([sending])
        except asyncio.CancelledError:
            await _cancel(sending, watch)
            raise
        response = sending.result()
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = PooledBody(response.stream)
        return response


class PooledBody(httpx.AsyncByteStream):
    """The body of an answer, which gives its connection back even when cancelled."""

    def __init__(self, body: httpx.AsyncByteStream) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._body.__aiter__()

    async def aclose(self) -> None:
        """Give the connection back, or close it. The pool marks it only at the end."""
        closing = asyncio.ensure_future(self._body.aclose())
        try:
            await asyncio.wait([closing])
        except asyncio.CancelledError:
            await asyncio.wait([closing])
            raise
        closing.result()


async def _cancel(
    sending: asyncio.Future[httpx.Response], watch: ConnectionWatch
) -> None:
    """Cancel a request as soon as the pool bears it, which is some steps of the loop."""
    try:
        # Steps are what is waited for: an event would come one of them late.
        while not (sending.done() or watch.can_be_cancelled):  # noqa: ASYNC110
            await asyncio.sleep(0)
    finally:
        sending.cancel()
    await asyncio.wait([sending])
    if not sending.cancelled() and sending.exception() is None:
        await sending.result().aclose()
