"""The other end of the wire: scripted answers through a transport that streams."""

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from conversations.claude import ClaudeClient, Provider, Secret

KEY = "sk-ant-api03-Kq1_w2-E3r4"
PARAMS: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
}
START: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 1},
    },
}
STOP: dict[str, Any] = {"type": "message_stop"}
HELLO: list[dict[str, Any]] = [
    START,
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": ""},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "Grüß Gott"},
    },
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 5},
    },
    STOP,
]


def sse(*events: dict[str, Any], newline: str = "\n") -> bytes:
    """Return the events as the API writes them."""
    frames = (
        f"event: {event['type']}{newline}"
        f"data: {json.dumps(event, ensure_ascii=False)}{newline}{newline}"
        for event in events
    )
    return "".join(frames).encode()


@dataclass
class Answer:
    """One scripted response: chunks are sent one by one, an exception is raised."""

    chunks: Iterable[bytes | Exception] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    waits_at_end: AsyncIterator[bytes] | None = None
    is_closed: bool = False


def streamed(*chunks: bytes | Exception, **headers: str) -> Answer:
    """Return a success that streams these chunks."""
    return Answer(chunks, headers={"content-type": "text/event-stream"} | headers)


def answered(body: object, status: int = 200, **headers: str) -> Answer:
    """Return a plain JSON answer; `retry_after` means the header retry-after."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        [json.dumps(body).encode()],
        status,
        {"content-type": "application/json"} | named,
    )


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._answer.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk
        if self._answer.waits_at_end is not None:
            async for chunk in self._answer.waits_at_end:
                yield chunk

    async def aclose(self) -> None:
        self._answer.is_closed = True


class ScriptedTransport(httpx.AsyncBaseTransport):
    """Gives the answers in turn and keeps the requests."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer)
        )

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The parsed bodies of the requests so far."""
        return [json.loads(request.content) for request in self.requests]


class Sleeper:
    """Stands for asyncio.sleep and remembers how long it should have slept."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    async def __call__(self, delay_seconds: float) -> None:
        self.delays.append(delay_seconds)


def client_for(
    *answers: Answer | Exception,
    provider: Provider | None = None,
    sleep: Sleeper | None = None,
    stall_seconds: float = 60,
    max_concurrent: int = 10,
    max_retries: int = 2,
) -> tuple[ClaudeClient, ScriptedTransport]:
    """Return a client that hears these answers, without waits and without dice."""
    transport = ScriptedTransport(*answers)
    client = ClaudeClient(
        provider or Provider(api_key=Secret(KEY)),
        transport=transport,
        sleep=sleep or Sleeper(),
        random=lambda: 0.0,
        stall_seconds=stall_seconds,
        max_concurrent=max_concurrent,
        max_retries=max_retries,
    )
    return client, transport


async def read(client: ClaudeClient) -> list[dict[str, Any]]:
    """Return all events of one streamed answer."""
    async with client.stream(PARAMS) as stream:
        return [event async for events in stream for event in events]
