"""One streamed answer: events until message_stop, or an error that says why not."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from typing import Self, cast

import httpx

from .error_answers import error_in_success, request_id_in
from .errors import (
    ClaudeError,
    EmptyStream,
    MalformedEvent,
    StreamEndedEarly,
    StreamStalled,
    UpstreamFailed,
)
from .events import KNOWN_EVENTS, Frame, FrameDecoder, StreamDecoder, decode
from .secret import Secret
from .types import Event

LONGEST_REQUEST_ID = 200  # ours; the API's have 28 characters
DRAIN_SECONDS = 0.25  # ours: the end of the body is usually there already
# Ours: so many stall times of pings, or of events that mean nothing to us, are a stall.
PINGS_ONLY = 4


class ClaudeStream:
    """The events of one answer, each as the API's own dict.

    Iterating gives lists: the events that came together, at least one. Pings are left
    out. Iteration ends after message_stop and in no other way: an error event, an end
    without proof and a silence of `stall_seconds` raise a ClaudeError, after the events
    before it were given.
    """

    def __init__(
        self,
        response: httpx.Response,
        *,
        stall_seconds: float,
        secret: Secret | None = None,
        decoder: StreamDecoder | None = None,
    ) -> None:
        self.headers: Mapping[str, str] = response.headers
        request_id = request_id_in(response.headers) or ""
        self.request_id: str | None = request_id[:LONGEST_REQUEST_ID] or None
        # It says no more than that it can be iterated, but it can be closed as well.
        self._chunks = cast("AsyncGenerator[bytes]", response.aiter_bytes())
        self._decoder = decoder or FrameDecoder()
        self._first: list[Frame] = []
        self._error: ClaudeError | None = None
        self._has_ended = False
        self._stall_seconds = stall_seconds
        self._secret = secret
        self._loop = asyncio.get_running_loop()
        self._last_content = self._loop.time()
        self._resources = AsyncExitStack()

    async def begin(self) -> None:
        """Wait for the first frame, the last moment at which a retry is free."""
        self._first = await self._read()
        if not self._first:
            raise self._tell(EmptyStream, "The stream ended before its first event")

    def keep_open(self, resources: AsyncExitStack) -> None:
        """Own what has to be closed with this stream."""
        self._resources = resources

    async def aclose(self) -> None:
        """Close the connection, unless its answer was read to the end."""
        try:
            await self._chunks.aclose()
        finally:
            await self._resources.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Event]:
        if self._error is not None:
            raise self._error
        if self._has_ended:
            await self._drain()
            raise StopAsyncIteration
        while True:
            if events := self._decode(await self._next_frames()):
                return events

    async def _next_frames(self) -> list[Frame]:
        frames, self._first = self._first, []
        frames = frames or await self._read()
        if not frames:
            raise self._tell(StreamEndedEarly, "The stream ended without message_stop")
        return frames

    def _decode(self, frames: list[Frame]) -> list[Event]:
        """Return the events in frames, up to message_stop or to one that is an error."""
        events: list[Event] = []
        for frame in frames:
            try:
                event = self._event(frame)
            except ClaudeError as error:
                if not events:
                    raise
                self._error = error
                break
            if event is None or event["type"] == "ping":
                continue
            events.append(event)
            if event["type"] in KNOWN_EVENTS:
                self._last_content = self._loop.time()
            if event["type"] == "message_stop":
                self._has_ended = True
                break
        return events

    def _event(self, frame: Frame) -> Event | None:
        try:
            event = decode(frame)
        except ClaudeError as error:
            raise self._tell(type(error), error.message) from None
        if frame.event == "error" or (event and event["type"] == "error"):
            raise self._reported(frame)
        return event

    def _reported(self, frame: Frame) -> ClaudeError:
        error = error_in_success(frame.data, self.request_id, self._secret)
        return error or self._tell(UpstreamFailed, "The stream reported an error")

    async def _read(self) -> list[Frame]:
        """Return the next frames, or none at the end."""
        try:
            return await self._read_in_time()
        except httpx.TimeoutException as error:
            raise self._tell(StreamStalled, _what(error)) from None
        except httpx.DecodingError as error:
            raise self._tell(MalformedEvent, _what(error)) from None
        except httpx.RequestError as error:
            raise self._tell(StreamEndedEarly, _what(error)) from None

    async def _read_in_time(self) -> list[Frame]:
        # Pings are a sign of life, but not for ever: a turn that gets nothing
        # else would never end.
        patience = self._last_content + PINGS_ONLY * self._stall_seconds
        deadline = min(self._loop.time() + self._stall_seconds, patience)
        try:
            async with asyncio.timeout_at(deadline):
                async for chunk in self._chunks:
                    if frames := self._decoder.feed(chunk):
                        return frames
        except TimeoutError:
            waited = f"{self._stall_seconds:g} seconds"
            raise self._tell(StreamStalled, f"Nothing came for {waited}") from None
        except MalformedEvent as error:
            raise self._tell(MalformedEvent, error.message) from None
        return []

    async def _drain(self) -> None:
        """Read to the end of the body, so that the connection can be used again."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async for _ in self._chunks:
                    pass
        except (TimeoutError, httpx.RequestError):
            return  # The answer is complete; the connection just closes.

    def _tell(self, kind: type[ClaudeError], message: str) -> ClaudeError:
        return kind(message, status=200, request_id=self.request_id)


def _what(error: httpx.RequestError) -> str:
    return f"{type(error).__name__}: {error}"
