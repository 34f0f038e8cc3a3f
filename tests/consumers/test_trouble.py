"""The database goes away: sockets stay, commands wait, nobody is thrown out."""

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError
from django.db.backends.utils import CursorWrapper

from chatapp.accounts.models import User
from conversations.consumers import rights
from conversations.models import Message
from conversations.turns.claims import claims
from conversations.turns.health import health
from conversations.turns.trouble import DATABASE_UNAVAILABLE, RELAY_UNAVAILABLE
from tests.consumers.conftest import Connect, Socket
from tests.turns.scripted import answer

type Upstream = Any
type Break = Callable[..., Any]


@pytest.fixture
async def tab(connect: Connect, login: Connect, alice: User) -> Socket:
    """One tab of alice's, whose rights are known."""
    socket: Socket = await connect(await login(alice))
    await socket.send("ping")
    await socket.until("pong")
    return socket


@pytest.fixture
def database_fails(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Return a context in which every query of every thread fails."""

    @contextmanager
    def failing(error: Exception | None = None) -> Iterator[None]:
        def refuse(*_: object) -> None:
            raise error or OperationalError("connection refused")

        with monkeypatch.context() as patch:
            patch.setattr(CursorWrapper, "execute", refuse)
            yield

    return failing


def full_disk() -> OperationalError:
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    error = OperationalError(*cause.args)
    error.__cause__ = cause
    return error


async def test_command_waits_for_the_database(
    tab: Socket, upstream: Upstream, database_fails: Break
) -> None:
    upstream(answer("Hello"))
    client_id = str(uuid.uuid4())

    with database_fails():
        await tab.send("message.send", client_id=client_id, text="Hi")
        rejected = await tab.event()
    accepted = await tab.ask("Hi", client_id=client_id)
    await tab.until("turn.completed")

    assert rejected == {
        "type": "command.rejected",
        "command": "message.send",
        "client_id": client_id,
        "error": DATABASE_UNAVAILABLE,
    }
    assert accepted["client_id"] == client_id
    assert await Message.objects.filter(role="user").acount() == 1


async def test_database_that_goes_away_in_the_middle_of_a_command_is_one_rejection(
    tab: Socket, database_fails: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = rights.user_of

    async def users_while_they_last(key: str | None) -> Any:
        user = await real(key)
        stack.enter_context(database_fails())
        return user

    with ExitStack() as stack:
        monkeypatch.setattr(
            "conversations.consumers.browser.user_of", users_while_they_last
        )
        await tab.send("message.send", client_id=uuid.uuid4(), text="Hi")
        rejected = await tab.event()

    assert rejected["error"]["type"] == "database_unavailable"


@pytest.mark.parametrize(
    "name",
    ["conversation.watch", "conversation.unwatch", "turn.resync", "turn.cancel"],
)
async def test_every_command_is_rejected_and_the_socket_stays(
    tab: Socket, database_fails: Break, name: str
) -> None:
    fields = {"conversation": uuid.uuid4(), "turn": uuid.uuid4()}

    with database_fails():
        await tab.send(name, **fields)
        rejected = await tab.event()
    await tab.send("ping")

    assert (rejected["command"], rejected["error"]["type"]) == (
        name,
        "database_unavailable",
    )
    assert await tab.event() == {"type": "pong"}


async def test_ping_needs_no_database(tab: Socket, database_fails: Break) -> None:
    with database_fails():
        await tab.send("ping")

        assert await tab.event() == {"type": "pong"}


async def test_full_disk_is_told(tab: Socket, database_fails: Break) -> None:
    with database_fails(full_disk()):
        await tab.send("message.send", client_id=uuid.uuid4(), text="Hi")
        rejected = await tab.event()

    assert rejected["error"]["type"] == "storage_full"
    assert rejected["error"]["retryable"]
    assert rejected["error"]["action"] == "ask_admin"


async def test_mistake_of_ours_is_not_to_be_sent_again(
    tab: Socket, database_fails: Break
) -> None:
    with database_fails(ProgrammingError("no such table")):
        await tab.send("message.send", client_id=uuid.uuid4(), text="Hi")
        rejected = await tab.event()

    assert rejected["error"]["type"] == "internal_error"
    assert not rejected["error"]["retryable"]


async def test_socket_that_opens_without_a_database_is_to_come_back(
    connect: Connect, login: Connect, alice: User, database_fails: Break
) -> None:
    client = await login(alice)

    with database_fails():
        socket = await connect(client)
        impaired = await socket.event()
        code = await socket.close_code()

    assert impaired == {"type": "server.impaired", "reason": DATABASE_UNAVAILABLE}
    assert code == 4001


async def test_new_socket_learns_what_is_away(
    connect: Connect, login: Connect, alice: User
) -> None:
    health.impair("relay", RELAY_UNAVAILABLE)
    try:
        tab = await connect(await login(alice))
        impaired = await tab.event()
    finally:
        health.recover("relay")
    recovered = await tab.event()

    assert impaired == {"type": "server.impaired", "reason": RELAY_UNAVAILABLE}
    assert recovered == {"type": "server.recovered"}


async def test_new_socket_learns_that_the_server_restarts(
    connect: Connect, login: Connect, alice: User
) -> None:
    claims.close()
    try:
        tab = await connect(await login(alice))
        restarting = await tab.event()
    finally:
        claims.open(is_answering=True)

    assert restarting["type"] == "server.restarting"


async def test_refused_command_is_named(tab: Socket) -> None:
    turn = uuid.uuid4()

    await tab.send("turn.resync", turn=turn)
    rejected = await tab.event()

    assert (rejected["command"], rejected["error"]["type"]) == (
        "turn.resync",
        "not_found",
    )
