"""One streamed answer: events until message_stop, or an error that says why not."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Self

import httpx
from httpx_sse import ServerSentEvent

from .error_answers import error_in_success
from .errors import (
    ClaudeError,
    EmptyStream,
    MalformedEvent,
    StreamEndedEarly,
    StreamStalled,
    UpstreamFailed,
)
from .events import KNOWN_EVENTS, decode, frames
from .secret import Secret
from .types import Event

LONGEST_REQUEST_ID = 200  # ours; the API's have 28 characters
DRAIN_SECONDS = 0.25  # ours: the end of the body is usually there already
# Ours: so many stall times of pings, or of events that mean nothing to us, are a stall.
PINGS_ONLY = 4


class ClaudeStream:
    """The events of one answer, each as the API's own dict.

    Pings are left out. Iteration ends after message_stop and in no other way:
    an error event, an end without proof and a silence of `stall_seconds`
    raise a ClaudeError.
    """

    def __init__(
        self,
        response: httpx.Response,
        *,
        stall_seconds: float,
        secret: Secret | None = None,
    ) -> None:
        self.headers: Mapping[str, str] = response.headers
        request_id = response.headers.get("request-id", "")
        self.request_id: str | None = request_id[:LONGEST_REQUEST_ID] or None
        self._frames = frames(response)
        self._first: ServerSentEvent | None = None
        self._has_ended = False
        self._stall_seconds = stall_seconds
        self._secret = secret
        self._last_content = asyncio.get_running_loop().time()
        self._resources = AsyncExitStack()

    async def begin(self) -> None:
        """Wait for the first frame, the last moment at which a retry is free."""
        self._first = await self._read()
        if self._first is None:
            raise self._tell(EmptyStream, "The stream ended before its first event")

    def keep_open(self, resources: AsyncExitStack) -> None:
        """Own what has to be closed with this stream."""
        self._resources = resources

    async def aclose(self) -> None:
        """Close the connection, unless its answer was read to the end."""
        try:
            await self._frames.aclose()
        finally:
            await self._resources.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if self._has_ended:
            await self._drain()
            raise StopAsyncIteration
        event = await self._next_event()
        while event["type"] == "ping":
            event = await self._next_event()
        if event["type"] in KNOWN_EVENTS:
            self._last_content = asyncio.get_running_loop().time()
        self._has_ended = event["type"] == "message_stop"
        return event

    async def _next_event(self) -> Event:
        while True:
            frame = await self._next_frame()
            try:
                event = decode(frame)
            except ClaudeError as error:
                raise self._tell(type(error), error.message) from None
            if frame.event == "error" or (event and event["type"] == "error"):
                raise self._reported(frame)
            if event is not None:
                return event

    def _reported(self, frame: ServerSentEvent) -> ClaudeError:
        error = error_in_success(frame.data, self.request_id, self._secret)
        return error or self._tell(UpstreamFailed, "The stream reported an error")

    async def _next_frame(self) -> ServerSentEvent:
        frame, self._first = self._first, None
        frame = frame or await self._read()
        if frame is None:
            raise self._tell(StreamEndedEarly, "The stream ended without message_stop")
        return frame

    async def _read(self) -> ServerSentEvent | None:
        """Return the next frame, or None at the end."""
        try:
            return await self._read_in_time()
        except httpx.TimeoutException as error:
            raise self._tell(StreamStalled, _what(error)) from None
        except httpx.DecodingError as error:
            raise self._tell(MalformedEvent, _what(error)) from None
        except httpx.RequestError as error:
            raise self._tell(StreamEndedEarly, _what(error)) from None

    async def _read_in_time(self) -> ServerSentEvent | None:
        loop = asyncio.get_running_loop()
        # Pings are a sign of life, but not for ever: a turn that gets nothing
        # else would never end.
        patience = self._last_content + PINGS_ONLY * self._stall_seconds
        deadline = min(loop.time() + self._stall_seconds, patience)
        try:
            async with asyncio.timeout_at(deadline):
                return await anext(self._frames, None)
        except TimeoutError:
            waited = f"{self._stall_seconds:g} seconds"
            raise self._tell(StreamStalled, f"Nothing came for {waited}") from None

    async def _drain(self) -> None:
        """Read to the end of the body, so that the connection can be used again."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async for _ in self._frames:
                    pass
        except (TimeoutError, httpx.RequestError):
            return  # The answer is complete; the connection just closes.

    def _tell(self, kind: type[ClaudeError], message: str) -> ClaudeError:
        return kind(message, status=200, request_id=self.request_id)


def _what(error: httpx.RequestError) -> str:
    return f"{type(error).__name__}: {error}"
