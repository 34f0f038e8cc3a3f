"""A server on 127.0.0.1 that plays the scripts, byte by byte."""

import asyncio
import re
import socket
import struct
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from typing import Any, Self

from .asked import Asked, read_request
from .rules import refusal_of
from .scripts import Script
from .wire import (
    MESSAGE_ID,
    Act,
    Attempt,
    Close,
    Pause,
    Reset,
    Stall,
    answered,
    hello,
    refused,
    sse,
    streamed,
)

type Json = dict[str, Any]

CALL = re.compile(r"fault: (\S+)")
WELL = "All is well again."
ELSEWHERE = b"http://elsewhere.invalid"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER without a wait
LEAVE_SECONDS = 0.02  # what was written has to be gone before a reset throws it away
TITLE = {
    "id": "msg_title",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-5-5",
    "content": [{"type": "text", "text": '{"title": "The kettle"}'}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 5, "output_tokens": 5},
}


class FaultUpstream:
    """Plays the script that the last user message names; answers soundly otherwise.

    A message `fault: NAME anything` plays NAME; each such message begins it anew. Every
    request is checked as the simulator checks it, signatures apart.
    """

    def __init__(self, scripts: Iterable[Script]) -> None:
        self.asked: list[Asked] = []
        # Requests that reached the address of a redirect.
        self.strayed = 0
        self._scripts = {script.name: script for script in scripts}
        self._played: Counter[str] = Counter()
        self._ids = count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> Self:
        self._servers = [
            await asyncio.start_server(self._connected, "127.0.0.1", 0),
            await asyncio.start_server(self._stray, "127.0.0.1", 0),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return self._url(0)

    def turns_about(self, text: str) -> list[Asked]:
        """Return the requests for an answer to this message."""
        return [
            asked for asked in self.asked if asked.is_turn and asked.question == text
        ]

    def _url(self, number: int) -> str:
        port: int = self._servers[number].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                asked = await read_request(reader)
                self.asked.append(asked)
                await self._play(self._attempt(asked), reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _stray(
        self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.strayed += 1
        writer.transport.abort()

    def _attempt(self, asked: Asked) -> Attempt:
        if asked.path == "/v1/models":
            return answered({"data": [], "has_more": False, "last_id": None})
        if not asked.is_turn:
            return answered(TITLE)
        if (refusal := refusal_of(asked.body)) is not None:
            return refused(400, "invalid_request_error", f"Refused as built: {refusal}")
        call = CALL.search(asked.question)
        if call is None:
            return streamed(sse(*hello(WELL)))
        script = self._scripts[call[1]]
        number = self._played[asked.question]
        self._played[asked.question] += 1
        return script.attempts[min(number, len(script.attempts) - 1)]

    async def _play(
        self,
        attempt: Attempt,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        message_id = f"msg_{next(self._ids):04}".encode()
        for act in attempt:
            match act:
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case Stall():
                    await reader.read()
                case Reset():
                    await asyncio.sleep(LEAVE_SECONDS)
                    _reset(writer)
                    return
                case Close():
                    writer.close()
                    await writer.wait_closed()
                    return
                case _:
                    writer.write(self._filled(act, message_id))
                    await writer.drain()

    def _filled(self, act: Act, message_id: bytes) -> bytes:
        raw = act() if callable(act) else act
        assert isinstance(raw, bytes)
        raw = raw.replace(MESSAGE_ID.encode(), message_id)
        return raw.replace(ELSEWHERE, self._url(1).encode())


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()
