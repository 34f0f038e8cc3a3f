"""The simulator as an httpx transport, chunk by chunk and without a socket."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import httpx

from conversations.simulator.errors import ConnectionCut
from conversations.simulator.simulator import Simulator
from conversations.simulator.wire import ReceivedRequest


class SimulatorTransport(httpx.AsyncBaseTransport):
    """Sends requests to a simulator in this process.

    The body is produced while it is read and stops when the response is
    closed. The read timeout of the request holds for each chunk.
    """

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        seconds = request.extensions.get("timeout", {}).get("read")
        received = ReceivedRequest(
            method=request.method,
            path=request.url.path,
            headers={name.lower(): value for name, value in request.headers.items()},
            raw_body=await request.aread(),
            query=tuple(request.url.params.multi_items()),
            raw_path=request.url.raw_path.decode("ascii").partition("?")[0],
        )
        try:
            async with asyncio.timeout(seconds):
                reply = await self.simulator.handle(received)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no response from the simulator") from error
        stream = _ReplyStream(reply.chunks, seconds)
        return httpx.Response(reply.status, headers=reply.headers, stream=stream)


class _ReplyStream(httpx.AsyncByteStream):
    def __init__(
        self, chunks: AsyncGenerator[bytes], read_seconds: float | None
    ) -> None:
        self._chunks = chunks
        self._read_seconds = read_seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(self._read_seconds):
                    chunk = await anext(self._chunks)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise httpx.ReadTimeout("the simulator fell silent") from error
            except ConnectionCut as error:
                # The words of httpx for a peer that hangs up in mid-body.
                raise httpx.RemoteProtocolError(
                    "peer closed connection without sending complete message body"
                ) from error
            yield chunk

    async def aclose(self) -> None:
        await self._chunks.aclose()
