"""The connection of a tab, which comes back by itself: docs/protocol.md, section 3."""

import asyncio
import json
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.chaos.tab_login import Login

type Json = dict[str, Any]

NO_SESSION, RESTARTING, BROKEN = 4401, 4001, 1006
RESTART_SPREAD_SECONDS = 5.0
CLOSING_SECONDS = 5.0
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset, as a dead router does


class Line:
    """Connects, listens, and connects again after a growing delay.

    `on_open` and `on_frame` are awaited, `on_change` is called whenever it opened or
    broke. `close_codes` are those of every connection that ended, 1006 for none.
    """

    def __init__(
        self,
        login: Login,
        url: str,
        *,
        on_open: Callable[[], Awaitable[None]],
        on_frame: Callable[[list[Json]], Awaitable[None]],
        on_change: Callable[[], None],
        chance: random.Random,
        first_delay_seconds: float,
        longest_delay_seconds: float,
    ) -> None:
        self._login, self._url = login, url
        self._on_open, self._on_frame, self._on_change = on_open, on_frame, on_change
        self._chance = chance
        self._delays = (first_delay_seconds, longest_delay_seconds)
        self._failures = 0
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self.connections = 0
        self.close_codes: list[int] = []

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def begin(self) -> None:
        """Connect, and stay connected until `close` or `stop`."""
        self._task = asyncio.create_task(self._run())

    def require_working(self) -> None:
        """Raise what stopped the listening, if it was an error of the harness."""
        if self._task is not None and self._task.done():
            self._task.result()

    async def send(self, command: Json) -> None:
        """Send a command; it is lost when there is no connection."""
        if self._socket is not None:
            try:
                await self._socket.send(json.dumps(command))
            except ConnectionClosed:
                pass  # the listening task finds out as well, and connects again

    def cut(self) -> bool:
        """Break the connection with a TCP reset; False when there is none."""
        if self._socket is None or self._socket.transport.is_closing():
            return False
        transport = self._socket.transport
        raw: socket.socket = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()
        return True

    async def close(self) -> None:
        """Close the connection as a browser does, and do not come back."""
        if self._socket is not None:
            try:
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._socket.close()
            except TimeoutError:
                self.cut()
        await self.stop()

    async def stop(self) -> None:
        """Do not come back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._socket = None

    async def _run(self) -> None:
        try:
            await self._stay_connected()
        finally:
            self._socket = None
            self._on_change()

    async def _stay_connected(self) -> None:
        while True:
            code = await self._connect_and_listen()
            self._socket = None
            self.close_codes.append(code)
            self._on_change()
            if code == NO_SESSION:
                return
            await asyncio.sleep(self._delay_after(code))

    async def _connect_and_listen(self) -> int:
        """Listen until the connection breaks; return its close code."""
        try:
            opened = await connect(
                self._url.replace("http", "ws", 1) + "/ws/",
                additional_headers={"Cookie": self._login.cookie},
                origin=self._url,  # type: ignore[arg-type]
                proxy=None,
                compression=None,
                max_size=None,
            )
        except (OSError, InvalidHandshake, EOFError):
            self._failures += 1
            return BROKEN
        self._socket, self._failures = opened, 0
        self.connections += 1
        try:
            await self._listen(opened)
        finally:
            opened.transport.abort()
        return opened.close_code or BROKEN

    async def _listen(self, opened: ClientConnection) -> None:
        self._on_change()
        await self._on_open()
        try:
            async for frame in opened:
                await self._on_frame(json.loads(frame))
        except ConnectionClosed:
            pass

    def _delay_after(self, code: int) -> float:
        if code == RESTARTING:
            return self._chance.random() * RESTART_SPREAD_SECONDS
        first, longest = self._delays
        delay = min(first * 2.0 ** max(0, self._failures - 1), longest)
        # Half of it is chance: many tabs must not come back together.
        return delay / 2 + self._chance.random() * delay / 2
