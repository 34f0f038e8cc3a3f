"""An answer that comes in pieces, of which only one is ever in memory."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import cast

import httpx

from .errors import ConnectionFailed, ConnectionTimedOut, MalformedAnswer

LONGEST_LINE_BYTES = 64 * 1024 * 1024  # ours: far above the longest answer


class AnswerLines:
    """The lines of one answer; empty ones are left out.

    Iterating raises ConnectionFailed when the answer breaks off. The caller closes it.
    """

    def __init__(self, response: httpx.Response, resources: AsyncExitStack) -> None:
        self.request_id: str | None = response.headers.get("request-id")
        self._resources = resources
        # It says no more than that it can be iterated, but it can be closed as well.
        self._chunks = cast("AsyncGenerator[bytes]", response.aiter_bytes())

    async def aclose(self) -> None:
        """Close the connection."""
        try:
            await self._chunks.aclose()
        finally:
            await self._resources.aclose()

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        parts: list[bytes] = []
        size_bytes = 0
        async for chunk in self.chunks():
            first, *rest = chunk.split(b"\n")
            parts.append(first)
            size_bytes += len(first)
            for following in rest:
                if line := b"".join(parts).strip():
                    yield line
                parts, size_bytes = [following], len(following)
            if size_bytes > LONGEST_LINE_BYTES:
                raise self._tell(MalformedAnswer, "A line of the answer has no end")
        if line := b"".join(parts).strip():
            yield line

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yield the answer as it comes, for what does not consist of lines."""
        try:
            async for chunk in self._chunks:
                yield chunk
        except httpx.TimeoutException as error:
            raise self._tell(ConnectionTimedOut, _what(error)) from None
        except httpx.DecodingError as error:
            raise self._tell(MalformedAnswer, _what(error)) from None
        except httpx.RequestError as error:
            raise self._tell(ConnectionFailed, _what(error)) from None

    def _tell[E: (ConnectionFailed, MalformedAnswer)](
        self, kind: type[E], message: str
    ) -> E:
        return kind(message, status=200, request_id=self.request_id)


def _what(error: httpx.RequestError) -> str:
    return f"{type(error).__name__}: {error}"
