"""Connects to an address that was checked, never to a name."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import cache
from ssl import SSLContext

import httpx

from .addresses import is_public
from .errors import FetchRefused
from .links import WEB_PORTS, host_of

CONNECT_SECONDS = 4.0  # ours: several addresses fit into one fetch
MAX_ADDRESSES = 4  # ours: of one name, until one answers

# Host and port to addresses; raises OSError for a name that nobody has.
type Resolve = Callable[[str, int], Awaitable[list[str]]]
# Opens the transport of one request, whose URL names an address.
type OpenTransport = Callable[[], httpx.AsyncBaseTransport]


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name, the best first, as the system knows them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def open_transport() -> httpx.AsyncBaseTransport:
    """Return a transport for one request: no proxy, no kept connection, no retry."""
    return httpx.AsyncHTTPTransport(
        verify=_certificates(),
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


async def public_addresses(resolve: Resolve, url: httpx.URL) -> list[str]:
    """Return where a server may be connected to: all that its name leads to.

    Raises FetchRefused `unreachable` as soon as one of them is not public.
    """
    host = host_of(url)
    port = WEB_PORTS[url.scheme]
    try:
        addresses = await resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise unreachable(host) from error
    if not addresses or not all(map(is_public, addresses)):
        raise unreachable(host)
    return list(dict.fromkeys(addresses))[:MAX_ADDRESSES]


async def send(
    request: httpx.Request,
    addresses: list[str],
    open_transport: OpenTransport,
    resources: AsyncExitStack,
) -> httpx.Response:
    """Return the answer of the first address that answers, its body unread.

    The name stays in `Host` and in the certificate's check; `resources` close the
    connection. Raises FetchRefused `unreachable`.
    """
    host = host_of(request.url)
    request.extensions["sni_hostname"] = host.rstrip(".")
    named = request.url
    for address in addresses:
        transport = await resources.enter_async_context(open_transport())
        request.url = named.copy_with(host=address)
        try:
            response = await transport.handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
        finally:
            request.url = named
        resources.push_async_callback(response.aclose)
        return response
    raise unreachable(host)


def unreachable(host: str) -> FetchRefused:
    """Return the refusal for whatever keeps a public server from being there."""
    return FetchRefused(
        "unreachable",
        f"{host} cannot be reached: there is no such server on the public internet, "
        "or it does not answer.",
    )


@cache
def _certificates() -> SSLContext:
    return httpx.create_ssl_context(trust_env=False)
