"""Fetches one address within limits, following redirects by hand."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email.message import Message

import httpx

from . import connecting
from .connecting import OpenTransport, Resolve
from .errors import FetchRefused
from .links import follow, host_of, read_link
from .names import file_name

MAX_REDIRECTS = 5
FETCHES_AT_ONCE = 16  # ours: per process
CHUNK_BYTES = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MIB = 1024 * 1024


@dataclass(frozen=True)
class Allowance:
    """How much may be fetched, of what, and how long it may take, all redirects in.

    `media_types` may end in `/*`; a server that names no type is not refused by it.
    """

    max_bytes: int
    seconds: float
    media_types: frozenset[str]

    def takes(self, media_type: str) -> bool:
        family = media_type.partition("/")[0] + "/*"
        return not media_type or not self.media_types.isdisjoint({media_type, family})


@dataclass(frozen=True)
class Fetched:
    """What came: the last address, and what the server said of it.

    `media_type` and `charset` are lower case, "" when missing. All of it is a
    stranger's word.
    """

    url: str
    media_type: str
    charset: str
    name: str
    size_bytes: int


class Fetcher:
    """Fetches addresses that strangers name, and only from the public internet.

    No cookie, no credential, no proxy, no compression; each redirect is checked as the
    first address was, and what was checked is what is connected to. `resolve` and
    `open_transport` are for tests, whose servers are not public.
    """

    def __init__(
        self,
        *,
        resolve: Resolve = connecting.resolve,
        open_transport: OpenTransport = connecting.open_transport,
    ) -> None:
        self._resolve = resolve
        self._open_transport = open_transport
        self._running = 0

    async def fetch(
        self, link: str, allowance: Allowance, write: Callable[[bytes], object]
    ) -> Fetched:
        """Hand the body to `write`, in parts, and return what is known of it.

        `write` is called on the event loop. Raises FetchRefused; what was written
        until then is of no use.
        """
        url = read_link(link)
        if self._running >= FETCHES_AT_ONCE:
            raise FetchRefused(
                "busy", "Too many links are being fetched. Try again in a moment."
            )
        self._running += 1
        try:
            async with asyncio.timeout(allowance.seconds):
                return await self._fetch(url, allowance, write)
        except TimeoutError as error:
            raise _timed_out(url, allowance) from error
        finally:
            self._running -= 1

    async def _fetch(
        self, url: httpx.URL, allowance: Allowance, write: Callable[[bytes], object]
    ) -> Fetched:
        for _ in range(MAX_REDIRECTS + 1):
            async with AsyncExitStack() as resources:
                try:
                    response = await self._ask(url, allowance, resources)
                    if response.status_code in REDIRECTS:
                        url = follow(url, response.headers.get("location", ""))
                        continue
                    return await _read(url, response, allowance, write)
                except httpx.TimeoutException as error:
                    raise _timed_out(url, allowance) from error
                except httpx.RequestError as error:
                    raise _bad_answer(url, "broke off its answer") from error
        raise FetchRefused(
            "too_many_redirects",
            f"This link was redirected more than {MAX_REDIRECTS} times.",
        )

    async def _ask(
        self, url: httpx.URL, allowance: Allowance, resources: AsyncExitStack
    ) -> httpx.Response:
        addresses = await connecting.public_addresses(self._resolve, url)
        timeout = httpx.Timeout(allowance.seconds, connect=connecting.CONNECT_SECONDS)
        request = httpx.Request(
            "GET",
            url,
            headers={
                "user-agent": "colloquy",
                "accept": "*/*",
                # A few bytes could become gigabytes.
                "accept-encoding": "identity",
                "connection": "close",
            },
            extensions={"timeout": timeout.as_dict()},
        )
        return await connecting.send(
            request, addresses, self._open_transport, resources
        )


async def _read(
    url: httpx.URL,
    response: httpx.Response,
    allowance: Allowance,
    write: Callable[[bytes], object],
) -> Fetched:
    if response.status_code != 200:
        raise FetchRefused(
            "bad_status",
            f"{host_of(url)} answered with the status {response.status_code}"
            f"{_meaning(response.status_code)}.",
        )
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise _bad_answer(url, "answered in a compressed form that was not asked for")
    media_type, charset = _content_type(response.headers.get("content-type", ""))
    if not allowance.takes(media_type):
        raise FetchRefused(
            "wrong_type", f"This link leads to {media_type}, which cannot be read."
        )
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > allowance.max_bytes:
        raise _too_large(allowance)
    size = 0
    async for chunk in response.aiter_raw(CHUNK_BYTES):
        size += len(chunk)
        if size > allowance.max_bytes:
            raise _too_large(allowance)
        write(chunk)
    name = file_name(url, response.headers.get("content-disposition", ""))
    return Fetched(str(url), media_type, charset, name, size)


def _content_type(header: str) -> tuple[str, str]:
    """Return media type and charset of a Content-Type header, "" for what is not."""
    if not header:
        return "", ""
    message = Message()
    message["content-type"] = header
    return message.get_content_type(), (message.get_content_charset() or "")


def _meaning(status: int) -> str:
    if status in (401, 403):
        return " (it is not open to everybody)"
    if status in (404, 410):
        return " (there is nothing at this link)"
    if status == 429 or status >= 500:
        return " (try again later)"
    return ""


def _timed_out(url: httpx.URL, allowance: Allowance) -> FetchRefused:
    return FetchRefused(
        "timed_out",
        f"{host_of(url)} took longer than {allowance.seconds:g} seconds.",
    )


def _too_large(allowance: Allowance) -> FetchRefused:
    return FetchRefused(
        "too_large",
        f"This link leads to more than {allowance.max_bytes / MIB:g} MB, which is the "
        "most that is fetched.",
    )


def _bad_answer(url: httpx.URL, what: str) -> FetchRefused:
    return FetchRefused("bad_answer", f"{host_of(url)} {what}.")
