"""A tab watches a turn that another process answers, over a real Redis."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.utils import timezone

from chatapp.accounts.models import User
from conversations.models import Checkpoint, State, Turn
from conversations.models.ids import uuid7
from conversations.protocol import events
from conversations.turns.registry import registry
from conversations.turns.relay import relay
from conversations.turns.upkeep import upkeep
from conversations.turns.writer import writer
from tests.consumers.conftest import Connect, Socket
from tests.prompts.conftest import Thread
from tests.redis import RedisServer
from tests.turns.processes import Answering, Process, until
from tests.turns.scripted import ScriptedClient, Silence, started, text

type Upstream = Callable[..., ScriptedClient]


@pytest.fixture
async def tab(connect: Connect, login: Connect, alice: User) -> Socket:
    """One tab of alice's."""
    socket: Socket = await connect(await login(alice))
    return socket


@pytest.fixture
async def turn(tab: Socket, alice: User) -> Turn:
    """A turn of alice's that waits for a worker."""

    def make() -> Turn:
        thread = Thread(alice)
        thread.user("Hi")
        return thread.turn(state=State.QUEUED)

    return await writer.do(make)


@pytest.fixture
async def worker(redis_server: RedisServer) -> AsyncIterator[Process]:
    """Another process; this one is a process on the same Redis."""
    process = Process("worker", {})
    await process.start(redis_server)
    await relay.start(redis_server.url, process="web", namespace="one")
    yield process
    await relay.stop()
    await process.relay.stop()


async def save(turn: Turn) -> None:
    await writer.do(turn.save)


def text_of(found: list[dict[str, Any]]) -> str:
    return "".join(
        event["delta"]["text"] for event in found if event["type"] == "block.delta"
    )


async def test_late_tab_gets_the_text_so_far_and_the_rest(
    tab: Socket, turn: Turn, worker: Process
) -> None:
    answering = worker.launch(turn)
    await save(turn)
    answering.say("One ")

    await tab.send("conversation.watch", conversation=turn.conversation_id)
    shown = await tab.until("conversation.snapshot")
    snapshot = await tab.event()
    answering.say("two ")
    answering.say("three")
    answering.end()
    rest = await tab.all_until("turn.completed")

    assert shown["turns"][0]["state"] == "running"
    assert (snapshot["type"], snapshot["seq"]) == ("turn.snapshot", 3)
    assert snapshot["messages"][0]["blocks"][0]["block"]["text"] == "One "
    assert text_of(rest) == "two three"
    assert [event["seq"] for event in rest] == [4, 5, 6]


async def test_tab_that_waits_for_a_worker_gets_all_of_it(
    tab: Socket, turn: Turn, worker: Process
) -> None:
    await tab.send("conversation.watch", conversation=turn.conversation_id)
    shown = await tab.until("conversation.snapshot")
    assert shown["turns"][0]["state"] == "queued"

    answering = worker.launch(turn)
    await save(turn)
    snapshot = await tab.until("turn.snapshot")
    answering.say("Hello")
    answering.end()
    rest = await tab.all_until("turn.completed")

    assert snapshot["state"]["state"] == "running"
    assert text_of(rest) == "Hello"


async def test_resync_is_answered_by_the_owner(
    tab: Socket, turn: Turn, worker: Process
) -> None:
    worker.launch(turn).say("Hello")
    await save(turn)

    await tab.send("turn.resync", turn=turn.id)
    snapshot = await tab.until("turn.snapshot")

    assert snapshot["messages"][0]["blocks"][0]["block"]["text"] == "Hello"


async def test_message_sent_again_over_another_process_finds_its_answer(
    tab: Socket, turn: Turn, worker: Process
) -> None:
    worker.launch(turn).say("Hello")
    await save(turn)

    await tab.send("message.send", client_id=turn.client_id, text="Hi")
    accepted = await tab.until("message.accepted")
    snapshot = await tab.until("turn.snapshot")

    assert accepted["turn"]["id"] == str(turn.id)
    assert snapshot["messages"][0]["blocks"][0]["block"]["text"] == "Hello"


async def test_turn_that_waits_is_answered_from_the_database(
    tab: Socket, turn: Turn, worker: Process
) -> None:
    await tab.send("turn.resync", turn=turn.id)
    snapshot = await tab.until("turn.snapshot")

    assert (snapshot["state"]["state"], snapshot["seq"]) == ("queued", 0)


async def test_running_turn_that_nobody_can_reach_is_shown_as_saved(
    tab: Socket, turn: Turn
) -> None:
    turn.state, turn.owner, turn.epoch = State.RUNNING, "far away", 1

    def store() -> None:
        turn.save()
        Checkpoint.objects.create(
            turn=turn,
            message_id=uuid7(),
            round=1,
            index=0,
            block={"type": "text", "text": "Hel"},
        )

    await writer.do(store)

    await tab.send("conversation.watch", conversation=turn.conversation_id)
    await tab.until("conversation.snapshot")
    snapshot = await tab.event()

    assert (snapshot["type"], snapshot["epoch"], snapshot["seq"]) == (
        "turn.snapshot",
        1,
        0,
    )
    assert snapshot["state"]["state"] == "running"
    (message,) = snapshot["messages"]
    assert message["blocks"] == [
        {"index": 0, "block": {"type": "text", "text": "Hel"}, "finished": False}
    ]


async def test_end_that_comes_while_a_tab_begins_to_watch_is_found(
    tab: Socket, turn: Turn, worker: Process
) -> None:
    answering = worker.launch(turn)
    await save(turn)

    await tab.send("conversation.watch", conversation=turn.conversation_id)
    turn.state = State.COMPLETED
    await save(turn)
    answering.end()
    state = None
    while state != "completed":
        event = await tab.event()
        match event["type"]:
            case "conversation.snapshot":
                state = event["turns"][0]["state"]
            case "turn.snapshot":
                state = event["state"]["state"]
            case "turn.completed":
                state = "completed"

    assert state == "completed"


async def test_closed_tab_watches_no_more(
    connect: Connect, login: Connect, alice: User, turn: Turn, worker: Process
) -> None:
    tab = await connect(await login(alice))
    worker.launch(turn)
    await save(turn)
    await tab.send("conversation.watch", conversation=turn.conversation_id)
    await tab.until("turn.snapshot")
    said: list[events.Event] = [
        events.TurnStarted(
            turn=turn.id, conversation=turn.conversation_id, epoch=1, seq=9, state={}
        )
    ]
    assert worker.relay.wants(said)

    await tab._communicator.disconnect()
    await until(lambda: not worker.relay.wants(said))


async def test_tab_of_a_lost_turn_follows_the_new_owner(
    tab: Socket, worker: Process, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await shown_half(tab, upstream)
    answering = await taken_over(turn, worker, monkeypatch)

    worker.relay.announce(answering.live)
    answering.say("One ")
    snapshot = await tab.until("turn.snapshot")
    answering.say("two")
    answering.end()
    rest = await tab.all_until("turn.completed")

    assert snapshot["epoch"] == 2
    assert registry.find(turn.id) is None
    assert shown_in(snapshot) + text_of(rest) == "One two"


async def test_tab_follows_a_new_owner_whom_nobody_has_heard(
    tab: Socket, worker: Process, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await shown_half(tab, upstream)
    answering = await taken_over(turn, worker, monkeypatch)
    answering.say("One ")

    # What it still believes is its own is what it shows, until its heartbeat fails.
    await tab.send("turn.resync", turn=turn.id)
    stale = await tab.until("turn.snapshot")
    upkeep.beat()
    snapshot = await tab.until("turn.snapshot")
    answering.say("two")
    answering.end()
    rest = await tab.all_until("turn.completed")

    assert (stale["epoch"], snapshot["epoch"]) == (1, 2)
    assert shown_in(snapshot) + text_of(rest) == "One two"


async def test_tab_of_a_lost_turn_sees_the_end_that_nobody_told(
    tab: Socket, worker: Process, upstream: Upstream
) -> None:
    turn = await shown_half(tab, upstream)

    turn.state, turn.epoch = State.INTERRUPTED, 2
    turn.lease_expires_at, turn.finished_at = None, timezone.now()
    await save(turn)
    upkeep.beat()
    snapshot = await tab.until("turn.snapshot")

    assert (snapshot["epoch"], snapshot["seq"]) == (2, 0)
    assert snapshot["state"]["state"] == "interrupted"


async def shown_half(tab: Socket, upstream: Upstream) -> Turn:
    """Return a turn that is answered here and says no more than "Half"."""
    upstream([started(), *text(0, "Half")[:-1], Silence()])
    client_id = uuid7()
    await tab.send("message.send", client_id=client_id, text="Hi")
    await tab.until("block.delta")
    return await Turn.objects.aget(client_id=client_id)


async def taken_over(
    turn: Turn, worker: Process, monkeypatch: pytest.MonkeyPatch
) -> Answering:
    """Have another process answer a turn of this one, and tell nobody of it."""
    with monkeypatch.context() as silence:
        silence.setattr(worker.relay, "_send", lambda process, letter: None)
        answering = worker.launch(turn)
    await save(turn)
    return answering


def shown_in(snapshot: dict[str, Any]) -> str:
    return "".join(
        block["block"]["text"]
        for message in snapshot["messages"]
        for block in message["blocks"]
    )
