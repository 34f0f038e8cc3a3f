"""A proxy before the simulator: it counts what is asked, and can break an answer."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

type Json = dict[str, Any]

MESSAGES = "/v1/messages"
OVERLOADED = 529
# Those that name the connection, which ends here and not at the simulator.
HOP_HEADERS = ("connection", "content-length", "host", "accept-encoding")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def params(self) -> Json:
        params: Json = json.loads(self.body)
        return params

    @property
    def is_turn(self) -> bool:
        """Say whether it asks for an answer; a title is asked for in one piece."""
        return self.path == MESSAGES and bool(self.params.get("stream"))


class Upstream:
    """Listens on `url`; a context manager. `turns` are the answers asked for.

    `break_after(asked)` says after how many bytes of the answer the connection is
    reset, and None lets it through; every request asks it once.
    """

    def __init__(self, simulator_port: int) -> None:
        self._simulator_port = simulator_port
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self.break_after: Callable[[Asked], int | None] = lambda asked: None
        self.turns: list[Asked] = []
        self.titles = 0
        self.resets = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._passing):
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def one_shot(self, asked: Asked) -> str:
        """Return the text of the same answer, asked for in one piece and unhindered."""
        headers = {k: v for k, v in asked.headers.items() if k not in HOP_HEADERS}
        address = f"http://127.0.0.1:{self._simulator_port}{asked.path}"
        body = {**asked.params, "stream": False}
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            answer = await client.post(address, json=body, headers=headers)
            if answer.status_code == OVERLOADED:
                # A scenario that is busy once is so for this body too.
                answer = await client.post(address, json=body, headers=headers)
        answer.raise_for_status()
        blocks = answer.json()["content"]
        return "".join(block["text"] for block in blocks if block["type"] == "text")

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._pass_on(reader, writer)
        finally:
            self._passing.discard(task)
            writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        asked, message = await _read_request(reader)
        if asked.path == MESSAGES:
            if asked.is_turn:
                self.turns.append(asked)
            else:
                self.titles += 1
        far_reader, far_writer = await asyncio.open_connection(
            "127.0.0.1", self._simulator_port
        )
        try:
            far_writer.write(message)
            await self._answer(far_reader, reader, writer, self.break_after(asked))
        finally:
            far_writer.transport.abort()

    async def _answer(
        self,
        far_reader: asyncio.StreamReader,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limit: int | None,
    ) -> None:
        """Copy the answer until its end, its break, or until nobody wants it."""
        copying = asyncio.ensure_future(self._copy(far_reader, writer, limit))
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({copying, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (copying, leaving):
                task.cancel()
            await asyncio.gather(copying, leaving, return_exceptions=True)

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limit: int | None,
    ) -> None:
        count = 0
        while chunk := await reader.read(65_536):
            if limit is not None and count + len(chunk) > limit:
                writer.write(chunk[: limit - count])
                # What was written has to leave before the reset throws it away.
                await asyncio.sleep(0.02)
                self._reset(writer)
                return
            count += len(chunk)
            writer.write(chunk)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        self.resets += 1
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()


async def _read_request(reader: asyncio.StreamReader) -> tuple[Asked, bytes]:
    """Return a request, and its bytes with the wish to close the connection after it."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    headers = {
        name.lower(): text.strip()
        for name, _, text in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    path = first.split()[1].partition("?")[0]
    kept = [f"{k}: {v}" for k, v in headers.items() if k != "connection"]
    sent = "\r\n".join([first, *kept, "connection: close", "", ""]).encode("latin-1")
    return Asked(path, headers, body), sent + body
