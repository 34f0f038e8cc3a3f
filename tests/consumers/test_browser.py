"""The socket as docs/protocol.md describes it."""

import asyncio
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from chatapp.accounts.models import User
from conversations.consumers import rights
from conversations.consumers.topics import MAX_WATCHED
from conversations.models import Conversation, Message, Turn
from conversations.protocol import commands
from conversations.turns import runner
from conversations.turns.hub import hub, person_topic
from tests.consumers.conftest import Connect, Socket
from tests.turns.scripted import answer, ended, started, text
from tests.turns.test_runner import Hang

type Upstream = Any


@pytest.fixture
async def tab(connect: Connect, login: Connect, alice: User) -> Socket:
    """One tab of alice's."""
    socket: Socket = await connect(await login(alice))
    return socket


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(
        event["delta"]["text"] for event in events if event["type"] == "block.delta"
    )


async def test_message_is_answered(tab: Socket, upstream: Upstream) -> None:
    upstream(answer("Hel", "lo"))

    accepted = await tab.ask("What is new?")
    events = await tab.all_until("turn.completed")

    assert accepted["message"]["text"] == "What is new?"
    assert accepted["message"]["versions"] == [accepted["message"]["id"]]
    assert accepted["turn"]["state"] == "running"
    assert text_of(events) == "Hello"
    stored = await Message.objects.aget(id=events[-1]["leaf"])
    assert stored.text == "Hello"


async def test_same_command_twice_is_one_message(
    tab: Socket, upstream: Upstream
) -> None:
    client = upstream(answer("Hello"))
    client_id = uuid.uuid4()

    first = await tab.ask("Hi", client_id=client_id)
    await tab.until("turn.completed")
    second = await tab.ask("Hi", client_id=client_id)

    assert second["message"] == first["message"]
    assert second["conversation"]["id"] == first["conversation"]["id"]
    assert second["turn"]["id"] == first["turn"]["id"]
    assert await Message.objects.filter(role="user").acount() == 1
    assert len(client.requests) == 1
    # Who missed the first acceptance has missed the answer as well.
    snapshot = await tab.until("turn.snapshot")
    assert snapshot["state"]["state"] == "completed"
    assert snapshot["messages"][0]["blocks"][0]["block"]["text"] == "Hello"


async def test_same_command_in_parallel_is_one_message(
    connect: Connect, login: Connect, alice: User, upstream: Upstream
) -> None:
    upstream(answer("Hello"))
    client = await login(alice)
    tabs = [await connect(client) for _ in range(5)]
    client_id = uuid.uuid4()

    accepted = await asyncio.gather(*(tab.ask(client_id=client_id) for tab in tabs))

    assert len({event["message"]["id"] for event in accepted}) == 1
    assert await Turn.objects.acount() == 1


async def test_second_turn_waits_for_the_first(tab: Socket, upstream: Upstream) -> None:
    hang = Hang()
    upstream([started(), *text(0, "Hel")[:2], hang])
    accepted = await tab.ask()
    await hang.reached.wait()

    client_id = str(uuid.uuid4())
    await tab.send(
        "message.send",
        client_id=client_id,
        conversation=accepted["conversation"]["id"],
        text="And?",
    )
    rejected = await tab.until("command.rejected")

    assert rejected["error"]["type"] == "turn_running"
    assert (rejected["command"], rejected["client_id"]) == ("message.send", client_id)
    assert await Message.objects.acount() == 1


async def test_late_tab_gets_the_text_so_far_and_the_rest(
    connect: Connect, login: Connect, alice: User, tab: Socket, upstream: Upstream
) -> None:
    go_on = asyncio.Event()
    reached = asyncio.Event()

    async def pause() -> None:
        reached.set()
        await go_on.wait()

    pieces = text(0, "One ", "two ", "three")
    upstream([started(), *pieces[:3], pause, *pieces[3:], *ended()])
    accepted = await tab.ask()
    await reached.wait()

    late = await connect(await login(alice))
    await late.send("conversation.watch", conversation=accepted["conversation"]["id"])
    snapshot = await late.until("conversation.snapshot")
    running = await late.event()
    go_on.set()
    rest = await late.all_until("turn.completed")

    assert [message["role"] for message in snapshot["messages"]] == ["user"]
    assert snapshot["turns"][0]["state"] == "running"
    assert running["type"] == "turn.snapshot"
    (message,) = running["messages"]
    shown = message["blocks"][0]["block"]["text"]
    assert shown + text_of(rest) == "One two three"
    assert next(e["seq"] for e in rest if "seq" in e) == running["seq"] + 1


async def test_stop_works_from_another_tab(
    connect: Connect, login: Connect, alice: User, tab: Socket, upstream: Upstream
) -> None:
    hang = Hang()
    upstream([started(), *text(0, "Hel")[:2], hang])
    accepted = await tab.ask()
    await hang.reached.wait()
    other = await connect(await login(alice))

    await other.send("turn.cancel", turn=accepted["turn"]["id"])
    cancelled = await tab.until("turn.cancelled")

    stored = await Message.objects.aget(id=cancelled["leaf"])
    assert stored.text == "Hel"


async def test_turn_goes_on_without_its_socket(
    login: Connect, alice: User, connect: Connect, upstream: Upstream
) -> None:
    go_on = asyncio.Event()

    async def pause() -> None:
        await go_on.wait()

    pieces = text(0, "Hel", "lo")
    upstream([started(), *pieces[:2], pause, *pieces[2:], *ended()])
    tab = await connect(await login(alice))
    accepted = await tab.ask()

    await tab._communicator.disconnect()
    go_on.set()
    await runner.wait_for(uuid.UUID(accepted["turn"]["id"]))

    turn = await Turn.objects.aget(id=accepted["turn"]["id"])
    assert turn.state == "completed"
    late = await connect(await login(alice))
    await late.send("turn.resync", turn=turn.id)
    snapshot = await late.until("turn.snapshot")
    assert snapshot["state"]["state"] == "completed"
    assert snapshot["messages"][0]["blocks"][0]["block"]["text"] == "Hello"


async def test_retry_makes_a_sibling_answer(tab: Socket, upstream: Upstream) -> None:
    upstream(answer("First"))
    accepted = await tab.ask()
    first = await tab.until("turn.completed")
    upstream(answer("Second"))

    await tab.send("turn.retry", client_id=uuid.uuid4(), turn=accepted["turn"]["id"])
    again = await tab.until("message.accepted")
    second = await tab.until("turn.completed")

    assert again["message"]["id"] == accepted["message"]["id"]
    answers = [message async for message in Message.objects.filter(role="assistant")]
    assert {str(a.id) for a in answers} == {first["leaf"], second["leaf"]}
    assert {str(a.parent_id) for a in answers} == {accepted["message"]["id"]}


async def test_edit_makes_a_branch(tab: Socket, upstream: Upstream) -> None:
    upstream(answer("First"))
    accepted = await tab.ask("Hi")
    await tab.until("turn.completed")
    client = upstream(answer("Second"))

    await tab.send(
        "message.edit",
        client_id=uuid.uuid4(),
        message=accepted["message"]["id"],
        text="Hello there",
        attachments=[],
    )
    edited = await tab.until("message.accepted")
    await tab.until("turn.completed")

    assert edited["message"]["versions"] == [
        accepted["message"]["id"],
        edited["message"]["id"],
    ]
    sent = client.requests[0]["messages"]
    assert [message["content"][0]["text"] for message in sent] == ["Hello there"]


async def test_continue_asks_for_the_rest(tab: Socket, upstream: Upstream) -> None:
    upstream(answer("Once upon", stop_reason="max_tokens"))
    accepted = await tab.ask()
    await tab.until("turn.completed")
    client = upstream(answer(" a time"))

    await tab.send("turn.continue", client_id=uuid.uuid4(), turn=accepted["turn"]["id"])
    again = await tab.until("message.accepted")
    await tab.until("turn.completed")

    assert again["turn"]["continues"] == accepted["turn"]["id"]
    sent = client.requests[0]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "user"]
    assert "Once upon" in sent[2]["content"][0]["text"]


async def test_foreign_rows_are_not_found(
    connect: Connect,
    login: Connect,
    charlie: User,
    bob: User,
    sam: User,
    tab: Socket,
    upstream: Upstream,
) -> None:
    upstream(answer("Secret"))
    accepted = await tab.ask("Secret plans")
    await tab.until("turn.completed")
    conversation, message, turn = (
        accepted["conversation"]["id"],
        accepted["message"]["id"],
        accepted["turn"]["id"],
    )
    asked = [
        ("conversation.watch", {"conversation": conversation}),
        ("message.send", {"conversation": conversation, "text": "x"}),
        ("message.edit", {"message": message, "text": "x"}),
        ("turn.retry", {"turn": turn}),
        ("turn.continue", {"turn": turn}),
        ("turn.cancel", {"turn": turn}),
        ("turn.resync", {"turn": turn}),
        ("tool.decide", {"turn": turn, "call": "t", "decision": "allow"}),
    ]

    for person in (charlie, bob, sam):
        stranger = await connect(await login(person))
        for name, fields in asked:
            await stranger.send(name, client_id=uuid.uuid4(), **fields)
            rejected = await stranger.event()
            assert (rejected["type"], rejected["error"]["type"]) == (
                "command.rejected",
                "not_found",
            ), name
    assert await Message.objects.acount() == 2


def test_sweep_above_knows_every_command_that_names_a_row() -> None:
    swept = {
        "conversation.watch",
        "message.send",
        "message.edit",
        "turn.retry",
        "turn.continue",
        "turn.cancel",
        "turn.resync",
        "tool.decide",
    }

    # To unwatch asks for nothing, and says nothing about what is there.
    assert set(commands.COMMANDS) - swept == {"ping", "conversation.unwatch"}


async def test_parent_of_another_conversation_is_not_found(
    tab: Socket, upstream: Upstream
) -> None:
    upstream(answer("One"), answer("Two"))
    first = await tab.ask("One?")
    await tab.until("turn.completed")
    second = await tab.ask("Two?")
    await tab.until("turn.completed")

    await tab.send(
        "message.send",
        client_id=uuid.uuid4(),
        conversation=second["conversation"]["id"],
        parent=first["message"]["id"],
        text="x",
    )
    rejected = await tab.until("command.rejected")

    assert rejected["error"]["type"] == "not_found"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"text": "  "}, "empty_message"),
        ({"text": "Hi", "model": "gpt-9"}, "unknown_model"),
        ({"text": "Hi", "effort": "extreme"}, "unsupported_setting"),
        ({"text": "Hi", "thinking": "disabled"}, "unsupported_setting"),
        ({"text": "Hi", "attachments": [str(uuid.uuid4())]}, "not_found"),
    ],
)
async def test_impossible_message_is_refused_and_leaves_nothing(
    tab: Socket, fields: dict[str, Any], kind: str
) -> None:
    await tab.send("message.send", client_id=uuid.uuid4(), **fields)
    rejected = await tab.until("command.rejected")

    assert rejected["error"]["type"] == kind
    assert await Conversation.objects.acount() == 0


async def test_garbage_is_rejected_and_the_socket_lives(tab: Socket) -> None:
    await tab.send_text("{")
    first = await tab.event()
    await tab.send("turn.explode")
    second = await tab.event()
    await tab.send("ping")

    assert first["error"]["type"] == "malformed_command"
    assert second["error"]["type"] == "unknown_command"
    assert await tab.event() == {"type": "pong"}


async def test_no_session_closes_with_4401(connect: Connect) -> None:
    from django.test import Client  # noqa: PLC0415

    socket = await connect(Client())

    assert await socket.close_code() == 4401


async def test_log_out_ends_the_rights_of_an_open_socket(
    connect: Connect, login: Connect, alice: User
) -> None:
    client = await login(alice)
    tab = await connect(client)
    await tab.send("ping")
    assert await tab.event() == {"type": "pong"}

    await sync_to_async(client.logout)()
    await tab.send("ping")

    assert await tab.close_code() == 4401


async def test_closed_account_ends_the_rights_of_an_open_socket(
    connect: Connect, login: Connect, alice: User
) -> None:
    tab = await connect(await login(alice))

    await User.objects.filter(pk=alice.pk).aupdate(is_active=False)
    await tab.send("message.send", client_id=uuid.uuid4(), text="Hi")

    assert await tab.close_code() == 4401
    assert await Message.objects.acount() == 0


async def test_new_password_ends_the_rights_of_an_open_socket(
    connect: Connect, login: Connect, alice: User
) -> None:
    tab = await connect(await login(alice))

    alice.set_password("another one entirely")
    await alice.asave()
    await tab.send("ping")

    assert await tab.close_code() == 4401


async def test_unwatched_conversation_is_silent(
    connect: Connect, login: Connect, alice: User, tab: Socket, upstream: Upstream
) -> None:
    upstream(answer("One"), answer("Two"))
    accepted = await tab.ask()
    await tab.until("turn.completed")
    other = await connect(await login(alice))
    await other.send("conversation.watch", conversation=accepted["conversation"]["id"])
    await other.until("conversation.snapshot")
    await other.send(
        "conversation.unwatch", conversation=accepted["conversation"]["id"]
    )
    await other.send("ping")
    await other.until("pong")

    await tab.ask("Again", conversation=accepted["conversation"]["id"])
    await tab.until("turn.completed")

    names = set()
    while not await other.is_silent():
        names.add((await other.event())["type"])
    # What concerns the list of conversations is told to all tabs of its owner.
    assert names <= {"conversation.changed", "conversation.renamed"}


async def test_more_conversations_than_one_socket_watches(
    tab: Socket, upstream: Upstream
) -> None:
    upstream(*[answer(str(number)) for number in range(MAX_WATCHED + 2)])

    for _ in range(MAX_WATCHED + 2):
        await tab.ask()
        await tab.until("turn.completed")

    assert await Turn.objects.filter(state="completed").acount() == MAX_WATCHED + 2


@pytest.mark.parametrize("how", ["log out", "close account", "new password"])
async def test_silent_socket_loses_its_rights_too(
    connect: Connect,
    login: Connect,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    monkeypatch.setattr(rights, "RIGHTS_SECONDS", 0.05)
    client = await login(alice)
    tab = await connect(client)
    await tab.send("ping")
    await tab.until("pong")

    if how == "log out":
        await sync_to_async(client.logout)()
    elif how == "close account":
        await User.objects.filter(pk=alice.pk).aupdate(is_active=False)
    else:
        alice.set_password("another one entirely")
        await alice.asave()

    assert await tab.close_code() == 4401


def test_rights_are_asked_for_more_often_than_promised() -> None:
    assert rights.RIGHTS_SECONDS < 5


async def test_rights_watch_survives_a_database_that_was_away(
    connect: Connect, login: Connect, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "RIGHTS_SECONDS", 0.05)
    client = await login(alice)
    tab = await connect(client)
    users_of, failures = rights._users_of, iter([1, 1])

    def away_at_first(keys: Any) -> Any:
        if next(failures, None):
            raise OperationalError("the database is away")
        return users_of(keys)

    monkeypatch.setattr(rights, "_users_of", away_at_first)
    await asyncio.sleep(0.2)
    await sync_to_async(client.logout)()

    assert await tab.close_code() == 4401


async def test_socket_that_breaks_leaves_nothing_behind(
    connect: Connect, login: Connect, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await connect(await login(alice))
    await tab.send("ping")
    await tab.until("pong")
    assert hub.count(person_topic(alice.pk)) == 1

    async def break_down(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rights, "read", break_down)
    await tab.send("ping")
    with pytest.raises(ZeroDivisionError):
        await tab.event()

    assert hub.count(person_topic(alice.pk)) == 0


async def test_lone_surrogate_is_an_unknown_model_and_no_crash(tab: Socket) -> None:
    await tab.send("message.send", client_id=uuid.uuid4(), text="x", model="\ud800")

    assert (await tab.until("command.rejected"))["error"]["type"] == "unknown_model"
