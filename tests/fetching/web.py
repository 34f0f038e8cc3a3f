"""A small public internet: names, addresses, and servers on the loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

import httpx

from conversations.fetching import Fetcher

ADDRESS = "93.184.215.14"

type Answer = Callable[[str, asyncio.StreamWriter], AsyncIterator[bytes]]


@dataclass
class Web:
    """Names with the answers of their look-ups, one after the other; the last stays."""

    port: int
    names: dict[str, list[list[str]]] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    looked_up: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)

    def knows(self, name: str, *answers: Iterable[str]) -> None:
        self.names[name] = [list(answer) for answer in answers]

    @property
    def fetcher(self) -> Fetcher:
        return Fetcher(resolve=self.resolve, open_transport=self.open_transport)

    async def resolve(self, host: str, _port: int) -> list[str]:
        self.looked_up.append(host)
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        if host not in self.names:
            raise OSError("Name or service not known")
        answers = self.names[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def open_transport(self) -> httpx.AsyncBaseTransport:
        return _Loopback(self)


class _Loopback(httpx.AsyncBaseTransport):
    """Notes which address is connected to, and connects to the one server there is."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._transport = httpx.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._web.connected.append(request.url.host)
        self._web.asked.append(request)
        if request.url.host in self._web.dead:
            raise httpx.ConnectError("refused")
        named = request.url
        request.url = named.copy_with(
            scheme="http", host="127.0.0.1", port=self._web.port
        )
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


@asynccontextmanager
async def serving(answers: dict[str, bytes | Answer]) -> AsyncIterator[Web]:
    """Serve raw answers by path; `example.org` is the server's name."""

    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            answer = answers[head.split(" ")[1]]
            if isinstance(answer, bytes):
                writer.write(answer)
            else:
                async for part in answer(head, writer):
                    writer.write(part)
                    await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        web = Web(server.sockets[0].getsockname()[1])
        web.knows("example.org", [ADDRESS])
        yield web
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        # Also for those that were accepted and not served yet.
        await asyncio.wait_for(server.wait_closed(), 5)


def answer(body: bytes = b"words", status: str = "200 OK", **headers: str) -> bytes:
    """Return a whole HTTP answer; underscores in header names become dashes."""
    fields = {"content_type": "text/plain", "content_length": str(len(body)), **headers}
    lines = [f"{key.replace('_', '-')}: {value}" for key, value in fields.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(b"", status, location=location)
