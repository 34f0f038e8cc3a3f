"""ASGI layers that settle where a connection comes from."""

from collections.abc import Iterable
from typing import Any

type Scope = dict[str, Any]


class TrustedOrigins:
    """Lets a socket through only from a page of ours: scheme, host and port must match.

    Channels' own validators compare hosts, and one of them takes a missing Origin: a page
    on another port could then open a socket with the reader's cookie.
    """

    def __init__(self, application: Any, trusted: Iterable[str]) -> None:
        self._application = application
        self._trusted = frozenset(trusted)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass the connection on, or refuse it before anything is read from it."""
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        if len(origins) == 1 and origins[0].decode("latin-1") in self._trusted:
            await self._application(scope, receive, send)
        else:
            await refuse(scope, receive, send)


async def refuse(scope: Scope, receive: Any, send: Any) -> None:
    """Answer a socket's handshake with 403."""
    await receive()
    await send({"type": "websocket.close"})


class PublicScheme:
    """Says https of every request where PUBLIC_URL is https.

    TLS ends at the proxy in front, so the connection itself is always plain. Only a proxy
    that says it was called by plain http is believed, which leads to a redirect; no
    header can make an insecure request look secure.
    """

    def __init__(self, application: Any, is_https: bool) -> None:
        self._application = application
        self._is_https = is_https

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass the request on with its scheme."""
        if self._is_https:
            forwarded = dict(scope["headers"]).get(b"x-forwarded-proto")
            scope = scope | {"scheme": "http" if forwarded == b"http" else "https"}
        await self._application(scope, receive, send)
