"""The way to a server: to a checked address only, and never more than so much of it."""

from collections.abc import AsyncIterator

import httpx
import httpx2

from conversations.fetching import FetchRefused
from conversations.fetching.connecting import public_addresses, unreachable
from conversations.fetching.links import checked, host_of

from .access import MAX_BYTES, Access


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Sends to public addresses, and to the one server that an administrator has named.

    `refusal` keeps the reason for the first request that it has refused: the library
    between loses it.
    """

    def __init__(self, access: Access) -> None:
        self.refusal: str | None = None
        self._access = access
        self._own = httpx2.URL(access.url)
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)
        self._bytes = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = await self._send(request)
        except FetchRefused as refused:
            raise self._refuse(refused.message, request) from None
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Counted(response.stream, self, request)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    def count(self, size: int, request: httpx2.Request) -> None:
        """Raise when this visit has brought more than it may."""
        self._bytes += size
        if self._bytes > MAX_BYTES:
            reason = f"The server sent more than {MAX_BYTES / 1_000_000:g} MB."
            raise self._refuse(reason, request)

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        if self._access.is_trusted and _origin(request.url) == _origin(self._own):
            return await self._inner.handle_async_request(request)
        url = checked(httpx.URL(str(request.url)))
        addresses = await public_addresses(self._access.resolve, url)
        request.extensions["sni_hostname"] = host_of(url).rstrip(".")
        named = request.url
        for address in addresses:
            # The name stays in `Host` and in the certificate's check.
            request.url = named.copy_with(host=address)
            try:
                return await self._inner.handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
            finally:
                request.url = named
        raise unreachable(host_of(url))

    def _refuse(self, reason: str, request: httpx2.Request) -> httpx2.TransportError:
        self.refusal = self.refusal or reason
        return httpx2.ConnectError(reason, request=request)


class _Counted(httpx2.AsyncByteStream):
    """A body that is given up when it grows too large."""

    def __init__(
        self,
        stream: httpx2.AsyncByteStream,
        transport: GuardedTransport,
        request: httpx2.Request,
    ) -> None:
        self._stream = stream
        self._transport = transport
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._transport.count(len(chunk), self._request)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
