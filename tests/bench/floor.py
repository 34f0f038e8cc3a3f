"""The floor: a Channels consumer and httpx under stock Daphne, nothing else.

`python -m daphne -p PORT tests.bench.floor:application`, with UPSTREAM in the environment.
"""

import asyncio
import json
import os
from typing import Any

import django
import httpx
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.conf import settings
from httpx_sse import EventSource

if not settings.configured:
    settings.configure(DEBUG=False, ALLOWED_HOSTS=["*"], SECRET_KEY="no secret here")
    django.setup()

client = httpx.AsyncClient(
    limits=httpx.Limits(max_connections=None), timeout=600, trust_env=False
)


class Relay(AsyncWebsocketConsumer):
    """Answers each message with the deltas that the upstream streams."""

    _answering: asyncio.Task[None] | None = None

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        # A task of its own, or a consumer would not see that its client hangs up.
        text = json.loads(text_data or "")["text"]
        self._answering = asyncio.create_task(self._answer(text))

    async def disconnect(self, code: int) -> None:
        if self._answering is not None:
            self._answering.cancel()

    async def _answer(self, text: str) -> None:
        params = {"stream": True, "messages": [{"role": "user", "content": text}]}
        url = f"{os.environ['UPSTREAM']}/v1/messages"
        async with client.stream("POST", url, json=params) as response:
            async for frame in EventSource(response).aiter_sse():
                event = json.loads(frame.data)
                if event["type"] == "content_block_delta":
                    words = {"text": event["delta"]["text"]}
                    await self.send(text_data=json.dumps(words))
        await self.send(text_data='{"done": true}')


async def healthz(_scope: Any, _receive: Any, send: Any) -> None:
    """Tell that the process lives."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


application = ProtocolTypeRouter({"http": healthz, "websocket": Relay.as_asgi()})
