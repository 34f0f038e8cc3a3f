"""A line between browser and server that a test can cut: a SOCKS5 proxy.

The page keeps its origin, and what breaks is the TCP connection itself.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# RFC 1928: version 5, one method: no authentication; then CONNECT to an IPv4 address.
HELLO = b"\x05\x00"
CONNECTED = b"\x05\x00\x00\x01" + b"\x00" * 6
IPV4, NAME = 1, 3
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset, as a dead router does


class Line:
    """Passes bytes on until it is cut."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self.address = ""

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._call(self._cut)

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    def run(self, is_ready: threading.Event) -> None:
        """Serve until `stop`."""
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connected, "127.0.0.1", 0)
        )
        host, port = server.sockets[0].getsockname()
        self.address = f"socks5://{host}:{port}"
        is_ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    def stop(self) -> None:
        self._call(self._cut)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _call(self, act: Callable[[], None]) -> None:
        done = threading.Event()

        def both() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(both)
        done.wait(5)

    def _cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        self._writers.clear()

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, port = await _read_target(reader, writer)
        far_reader, far_writer = await asyncio.open_connection(host, port)
        writer.write(CONNECTED)
        pair = {writer, far_writer}
        self._writers |= pair
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        self._writers -= pair


async def _read_target(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, int]:
    _version, count = await reader.readexactly(2)
    await reader.readexactly(count)
    writer.write(HELLO)
    *_head, kind = await reader.readexactly(4)
    if kind == IPV4:
        host = socket.inet_ntoa(await reader.readexactly(4))
    else:
        assert kind == NAME, "only IPv4 and names are needed here"
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    return host, int.from_bytes(await reader.readexactly(2))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()


@contextmanager
def open_line() -> Iterator[Line]:
    """Run a line in a thread of its own."""
    line, is_ready = Line(), threading.Event()
    thread = threading.Thread(target=line.run, args=(is_ready,), daemon=True)
    thread.start()
    is_ready.wait(5)
    yield line
    line.stop()
    thread.join(5)
