"""One request and its answer, with everything that goes wrong as a ClaudeError."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx

from .call import Call, LongBody
from .connections import SEND_ONCE, stream_timeout
from .error_answers import error_from_answer, error_in_success, request_id_in
from .errors import (
    ClaudeError,
    ConnectionFailed,
    ConnectionTimedOut,
    EmptyStream,
    MalformedAnswer,
)
from .events import has_type
from .file_data import compose
from .lines import AnswerLines
from .provider import Provider
from .secret import mask_keys
from .stream import ClaudeStream
from .types import Json

# Ours: what is read of a body nobody asked for, and how long it may take.
ERROR_BODY_BYTES = 64 * 1024
ERROR_BODY_SECONDS = 5.0


class Exchange:
    """Sends calls to one provider, each once, and reads the answers."""

    def __init__(
        self, provider: Provider, http: httpx.AsyncClient, max_concurrent: int
    ) -> None:
        self._provider = provider
        self._http = http
        self._slots = asyncio.Semaphore(max_concurrent)
        self._under_way = 0

    @property
    def is_idle(self) -> bool:
        """Whether no answer is under way, nor waits for its turn."""
        return not self._under_way

    async def begin_stream(self, call: Call, stall_seconds: float) -> ClaudeStream:
        """Return a stream whose first frame has arrived; the caller closes it."""
        async with AsyncExitStack() as resources:
            request = await self._build(call, self._provider.stream_type)
            request.extensions["timeout"] = stream_timeout(stall_seconds).as_dict()
            response = await self._open(resources, request)
            if not has_type(response, self._provider.stream_type):
                body = await _read_some(response)
                lack = "The answer is no stream of events"
                raise self._unexpected(response, body, EmptyStream, lack)
            stream = ClaudeStream(
                response,
                stall_seconds=stall_seconds,
                secret=self._provider.api_key,
                decoder=self._provider.stream_decoder(),
            )
            await stream.begin()
            stream.keep_open(resources.pop_all())
            return stream

    async def read_json(self, call: Call, field: str, kind: type) -> Json:
        """Return the JSON object of an answer, which must hold such a field."""
        async with AsyncExitStack() as resources:
            request = await self._build(call, "application/json")
            response = await self._open(resources, request)
            body = await self._translating(response.aread())
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if isinstance(answer, dict) and isinstance(answer.get(field), kind):
            return answer
        text = body.decode(errors="replace")
        lack = f"The answer is no JSON object with {field}"
        raise self._unexpected(response, text, MalformedAnswer, lack)

    async def begin_lines(self, call: Call) -> AnswerLines:
        """Return an answer to be read line by line; the caller closes it."""
        async with AsyncExitStack() as resources:
            request = await self._build(call, "application/binary")
            response = await self._open(resources, request)
            return AnswerLines(response, resources.pop_all())

    async def _open(
        self, resources: AsyncExitStack, request: httpx.Request
    ) -> httpx.Response:
        """Return a successful response whose body is unread; `resources` close it."""
        self._under_way += 1
        resources.callback(self._has_ended)
        await resources.enter_async_context(self._slots)
        response = await self._translating(self._http.send(request, stream=True))
        resources.push_async_callback(response.aclose)
        if response.status_code >= 300:
            body = await _read_some(response)
            raise error_from_answer(
                response.status_code, response.headers, body, self._provider.api_key
            )
        return response

    def _has_ended(self) -> None:
        self._under_way -= 1

    async def _build(self, call: Call, accept: str) -> httpx.Request:
        call = self._provider.write(call)
        headers = {
            **self._provider.headers(call.betas),
            "content-type": "application/json",
            "accept": accept,
        }
        body = compose(call.params) if isinstance(call.params, dict) else call.params
        content: AsyncIterable[bytes] | str | None
        if isinstance(body, LongBody):
            headers["content-length"] = str(body.size_bytes)
            headers["content-type"] = body.content_type
            content = _Chunks(body)
            call = replace(call, params=body)
        else:
            content = body
        request = self._http.build_request(
            call.method,
            self._provider.url(call.path),
            content=content,
            params=call.query,
            headers=headers,
        )
        if not call.is_repeatable:
            request.extensions[SEND_ONCE] = True
        await self._provider.authorize(request, call)
        return request

    def _unexpected(
        self, response: httpx.Response, body: str, kind: type[ClaudeError], lack: str
    ) -> ClaudeError:
        """Return the error for a success that does not hold what was expected."""
        request_id = request_id_in(response.headers)
        content_type = response.headers.get("content-type") or "missing"
        error = error_in_success(body, request_id, self._provider.api_key)
        return error or kind(
            f"{lack}; its content type is {content_type}. "
            "Is the base URL the address of the API?",
            status=response.status_code,
            request_id=request_id,
        )

    async def _translating[T](self, exchange: Awaitable[T]) -> T:
        """Await an HTTP operation, with its failures as ours.

        The cause is left out: such a message may quote a whole header.
        """
        try:
            return await exchange
        except httpx.TimeoutException as error:
            raise ConnectionTimedOut(self._what(error)) from None
        except httpx.DecodingError as error:
            raise MalformedAnswer(self._what(error)) from None
        except httpx.RequestError as error:
            raise ConnectionFailed(self._what(error)) from None

    def _what(self, error: httpx.RequestError) -> str:
        return mask_keys(f"{type(error).__name__}: {error}", self._provider.api_key)


class _Chunks:
    """The chunks of a body, from the first one on each time that they are asked for.

    A request goes out again when a kept connection turns out to be dead.
    """

    def __init__(self, body: LongBody) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._body.chunks()


async def _read_some(response: httpx.Response) -> str:
    """Return the beginning of a body that is only good for an error message."""
    body = b""
    try:
        async with asyncio.timeout(ERROR_BODY_SECONDS):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) >= ERROR_BODY_BYTES:
                    break
    except (TimeoutError, httpx.RequestError):
        pass  # The status alone says enough.
    return body[:ERROR_BODY_BYTES].decode(errors="replace")
