"""Turns that really run: the writer thread, the hub, a scripted upstream."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations import catalog
from conversations.protocol.commands import SendMessage
from conversations.protocol.events import Event
from conversations.turns import runner, suggestions, titles
from conversations.turns.hub import Encoded, conversation_topic, hub
from conversations.turns.inspecting import keeper
from conversations.turns.start import Acceptance, start_turn
from conversations.turns.writer import writer
from conversations.upstream import use_client
from tests.turns.decoding import event_of
from tests.turns.scripted import Script, ScriptedClient


class Watcher:
    """Subscribes and keeps what it gets."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def deliver(self, events: list[Encoded]) -> None:
        self.events += [event_of(item) for item in events]

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.events]

    def watch(self, acceptance: Acceptance) -> None:
        hub.subscribe(conversation_topic(acceptance.conversation.id), self)


@pytest.fixture
async def turns(async_db: None) -> AsyncIterator[None]:
    """Everything a turn needs; nothing of it is left running afterwards."""
    await writer.do(catalog.load_cards)
    yield
    await runner.interrupt_all()
    await titles.stop()
    await suggestions.stop()
    await keeper.flush()
    writer.stop()


@pytest.fixture
def watcher(turns: None) -> Watcher:
    return Watcher()


type Ask = Callable[..., Any]


@pytest.fixture
def ask(watcher: Watcher, alice: User) -> Ask:
    """Return a function that sends a message of alice's to a scripted upstream."""

    async def send(*scripts: Script, text: str = "Hi", **fields: Any) -> Acceptance:
        use_client(ScriptedClient(*scripts))
        command = SendMessage(client_id=uuid.uuid4(), text=text, **fields)
        return await start_turn(alice, command, before_launch=watcher.watch)

    return send
