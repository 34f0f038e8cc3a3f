"""One address for several web processes: what a proxy does in front of them."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tests.chaos.cluster import Server
from tests.chaos.cluster_program import status_of

LOOK_SECONDS = 0.5
CHUNK_BYTES = 64 * 1024


class Balancer:
    """Hands each new connection to the next process whose /readyz says 200."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.servers: Sequence[Server] = ()
        self._ready: list[Server] = []
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._looking = asyncio.create_task(self._look_forever())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._looking.cancel()
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(self._looking, *self._tasks, return_exceptions=True)

    async def look(self) -> None:
        """Ask every process whether it wants connections."""
        answers = await asyncio.gather(
            *(status_of(server.port, "/readyz") for server in self.servers)
        )
        pairs = zip(self.servers, answers, strict=True)
        self._ready = [server for server, status in pairs if status == 200]

    async def _look_forever(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._forward(reader, writer)
        except OSError:
            pass  # either side hung up: that is how connections end here
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._turn += 1
        # When none is ready any of them may say so itself, as large balancers do it.
        choice = self._ready or self.servers
        server = choice[self._turn % len(choice)]
        there, back = await asyncio.open_connection("127.0.0.1", server.port)
        pipes = [
            asyncio.create_task(_pipe(reader, back)),
            asyncio.create_task(_pipe(there, writer)),
        ]
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)
            back.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
