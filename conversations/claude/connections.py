"""The sockets under the client: pool, keep-alive and time limits."""

import socket
from typing import Any

import httpx

CONNECT_SECONDS = 5.0  # SDK 2.12
READ_SECONDS = 600.0  # SDK 2.12, per chunk
# ours: the pool looks at each idle one twice for every request; SDK 2.12 keeps 100
IDLE_CONNECTIONS = 10
IDLE_SECONDS = 60.0  # ours: a person reads an answer before the next question


def open_http(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Return the HTTP client for one provider.

    It follows no redirect, which would carry the key elsewhere, and reads no
    proxy, .netrc or certificate path from the environment.
    """
    return httpx.AsyncClient(
        transport=transport or _new_transport(),
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


def _new_transport() -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(
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
    """Learns from httpcore's trace whether a request went out on an old connection."""

    def __init__(self) -> None:
        self._was_sent = False
        self._is_new = False

    @property
    def was_reused(self) -> bool:
        """Whether the request was begun on a connection from the pool."""
        return self._was_sent and not self._is_new

    async def trace(self, event: str, _details: Any) -> None:
        """Take one event, as httpcore's `trace` extension calls it."""
        if event == "connection.connect_tcp.started":
            self._is_new = True
        elif event == "http11.send_request_headers.started":
            self._was_sent = True


async def send(http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send a request and return the response with its body still unread.

    A kept connection may have been closed by the server a moment ago. Then
    nothing was answered, and the request goes out once more, at once.
    """
    watch = ConnectionWatch()
    request.extensions["trace"] = watch.trace
    try:
        return await http.send(request, stream=True)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        if not watch.was_reused:
            raise
    del request.extensions["trace"]
    return await http.send(request, stream=True)
