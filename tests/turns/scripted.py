"""A client whose streams are lists of events, and the events to fill them with."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from conversations.claude import ClaudeClient, ClaudeError, Provider, Retries
from conversations.claude.retries import Sleep

type Event = dict[str, Any]
type Script = list[Event | ClaudeError | Callable[[], Any]]

USAGE = {"input_tokens": 10, "output_tokens": 0}


def started(message_id: str = "msg_1", model: str = "claude-opus-5-5") -> Event:
    return {
        "type": "message_start",
        "message": {
            "id": message_id,
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": dict(USAGE),
        },
    }


def text(index: int, *pieces: str) -> list[Event]:
    return block(
        index,
        {"type": "text", "text": ""},
        *({"type": "text_delta", "text": piece} for piece in pieces),
    )


def thinking(index: int, *pieces: str, signature: str = "signed") -> list[Event]:
    return block(
        index,
        {"type": "thinking", "thinking": "", "signature": ""},
        *({"type": "thinking_delta", "thinking": piece} for piece in pieces),
        {"type": "signature_delta", "signature": signature},
    )


def block(index: int, content_block: Event, *deltas: Event) -> list[Event]:
    return [
        {"type": "content_block_start", "index": index, "content_block": content_block},
        *(
            {"type": "content_block_delta", "index": index, "delta": delta}
            for delta in deltas
        ),
        {"type": "content_block_stop", "index": index},
    ]


def ended(stop_reason: str = "end_turn", output_tokens: int = 5) -> list[Event]:
    return [
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop_reason, "stop_sequence": None},
            "usage": {"output_tokens": output_tokens},
        },
        {"type": "message_stop"},
    ]


def answer(
    *pieces: str, stop_reason: str = "end_turn", message_id: str = "msg_1"
) -> Script:
    return [started(message_id), *text(0, *pieces), *ended(stop_reason)]


async def no_wait(_seconds: float) -> None:
    """Stand for asyncio.sleep before a retry."""


class Silence:
    """A step of a script after which nothing comes any more."""

    def __init__(self) -> None:
        self.began = asyncio.Event()

    async def __call__(self) -> None:
        self.began.set()
        await asyncio.Event().wait()


class ScriptedClient(ClaudeClient):
    """Plays one script per request; a ClaudeError in it is raised, a callable awaited."""

    def __init__(self, *scripts: Script, sleep: Sleep = no_wait) -> None:
        super().__init__(
            Provider(),
            transport=httpx.MockTransport(lambda _: httpx.Response(500)),
            sleep=sleep,
            random=lambda: 0.0,
        )
        self.scripts = list(scripts)
        self.requests: list[dict[str, Any]] = []
        self.asides: list[dict[str, Any]] = []
        self.closed_streams = 0

    @asynccontextmanager
    async def stream(  # type: ignore[override]
        self,
        params: dict[str, Any],
        *,
        retries: Retries | None = None,
    ) -> AsyncIterator["ScriptedStream"]:
        self.requests.append(dict(params))
        script = self.scripts.pop(0)
        if isinstance(script[0], ClaudeError):
            raise script[0]  # What the client gave up on before the first event.
        try:
            yield ScriptedStream(script)
        finally:
            self.closed_streams += 1

    async def create(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        # Titles and suggestions; they come when they like, beside what a test asks for.
        self.asides.append(params)
        found = {"title": "A title", "suggestions": ["And why?", "Say more."]}
        return {"content": [{"type": "text", "text": json.dumps(found)}]}

    async def aclose(self) -> None:
        return


class ScriptedStream:
    request_id = "req_1"
    headers: dict[str, str] = {}

    def __init__(
        self, script: Iterable[Event | ClaudeError | Callable[[], Any]]
    ) -> None:
        self._script = iter(script)

    def __aiter__(self) -> "ScriptedStream":
        return self

    async def __anext__(self) -> list[Event]:
        for item in self._script:
            if isinstance(item, ClaudeError):
                raise item
            if callable(item):
                await item()
                continue
            return [item]
        raise StopAsyncIteration
