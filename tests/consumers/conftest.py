"""Sockets that talk to the whole application, without a server in between."""

import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from chatapp.accounts.models import User
from chatapp.asgi import application
from conversations import catalog
from conversations.turns import runner, suggestions, titles
from conversations.turns.inspecting import keeper
from conversations.turns.writer import writer
from conversations.upstream import use_client
from tests.turns.scripted import Script, ScriptedClient

type Json = dict[str, Any]
TIMEOUT_SECONDS = 5


class Socket:
    """A tab: sends commands, reads events one at a time."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self._communicator = communicator
        self._events: list[Json] = []

    async def send(self, name: str, **fields: Any) -> None:
        command = {"type": name, **fields}
        await self._communicator.send_to(text_data=json.dumps(command, default=str))

    async def send_text(self, text: str) -> None:
        await self._communicator.send_to(text_data=text)

    async def ask(self, text: str = "Hi", **fields: Any) -> Json:
        """Send a message and return its acceptance."""
        fields.setdefault("client_id", uuid.uuid4())
        await self.send("message.send", text=text, **fields)
        return await self.until("message.accepted")

    async def event(self) -> Json:
        while not self._events:
            frame = await self._communicator.receive_from(TIMEOUT_SECONDS)
            batch = json.loads(frame)
            assert isinstance(batch, list), "every server frame is an array"
            self._events = batch
        return self._events.pop(0)

    async def until(self, name: str) -> Json:
        """Return the next event of that name; the others on the way are dropped."""
        while True:
            event = await self.event()
            if event["type"] == name:
                return event

    async def all_until(self, name: str) -> list[Json]:
        events = [await self.event()]
        while events[-1]["type"] != name:
            events.append(await self.event())
        return events

    async def is_silent(self) -> bool:
        return not self._events and await self._communicator.receive_nothing(0.2)

    async def close_code(self) -> int:
        while True:
            message = await self._communicator.receive_output(TIMEOUT_SECONDS)
            if message["type"] == "websocket.close":
                return int(message["code"])


type Connect = Callable[..., Any]


@pytest.fixture
async def connect(async_db: None) -> AsyncIterator[Connect]:
    """Return a function that opens a socket as a user (or with another origin)."""
    await writer.do(catalog.load_cards)
    async with AsyncExitStack() as stack:

        async def open_socket(client: Client, **headers: str) -> Socket:
            return await stack.enter_async_context(opened(client, **headers))

        yield open_socket
    await runner.interrupt_all()
    await titles.stop()
    await suggestions.stop()
    await keeper.flush()
    writer.stop()


@asynccontextmanager
async def opened(
    client: Client, origin: str = "http://testserver"
) -> AsyncIterator[Socket]:
    cookies = "; ".join(f"{key}={item.value}" for key, item in client.cookies.items())
    headers = [(b"origin", origin.encode()), (b"cookie", cookies.encode())]
    communicator = WebsocketCommunicator(application, "/ws/", headers=headers)
    connected, _ = await communicator.connect(TIMEOUT_SECONDS)
    assert connected
    yield Socket(communicator)
    if not communicator.future.done():  # a test may have broken it
        await communicator.disconnect(TIMEOUT_SECONDS)


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    assert settings.SESSION_COOKIE_NAME in client.cookies
    return client


@pytest.fixture
async def login(async_db: None) -> Connect:
    """Return a function that gives a logged-in client of a user."""
    return sync_to_async(_logged_in)


@pytest.fixture
async def upstream() -> Callable[..., ScriptedClient]:
    """Return a function that lets Claude answer with scripts."""

    def script(*scripts: Script) -> ScriptedClient:
        client = ScriptedClient(*scripts)
        use_client(client)
        return client

    return script
