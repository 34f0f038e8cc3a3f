"""What passes between processes, over a real Redis."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from conversations.models import Turn
from conversations.protocol import events
from conversations.turns.hub import conversation_topic, encode, person_topic
from conversations.turns.live import LiveTurn
from conversations.turns.relay import link, relay, watched
from conversations.turns.relay.owned import OwnTurns
from conversations.turns.relay.wire import Answered, Parcel
from tests.redis import RedisServer
from tests.turns.processes import Page, Process, new_turn, until

ROOT = Path(__file__).parent.parent.parent

type Begin = Callable[..., Any]
type Open = Callable[[Process], Page]


@pytest.fixture
def stored() -> dict[UUID, events.TurnSnapshot]:
    """What the database knows of turns."""
    return {}


@pytest.fixture
async def begin(
    redis_server: RedisServer, stored: dict[UUID, events.TurnSnapshot]
) -> AsyncIterator[Begin]:
    """Return a function that starts a process."""
    processes: list[Process] = []

    async def start(name: str, namespace: str = "one") -> Process:
        process = Process(name, stored)
        processes.append(process)
        await process.start(redis_server, namespace)
        return process

    yield start
    for process in processes:
        await process.relay.stop()


@pytest.fixture
async def open_page() -> AsyncIterator[Open]:
    """Return a function that opens a tab at a process."""
    pages: list[Page] = []

    def open_at(process: Process) -> Page:
        pages.append(Page(process))
        return pages[-1]

    yield open_at
    for page in pages:
        page.close()


def stored_end(turn: Turn, text: str = "stored") -> events.TurnSnapshot:
    """Return an ended turn as the database gives it."""
    block = {"index": 0, "block": {"type": "text", "text": text}, "finished": True}
    return events.TurnSnapshot(
        turn=turn.id,
        conversation=turn.conversation_id,
        epoch=max(turn.epoch, 1),
        seq=0,
        state={"id": str(turn.id), "state": "completed"},
        messages=[{"id": "m", "round": 1, "blocks": [block]}],
    )


async def test_pages_that_join_under_load_miss_nothing(
    begin: Begin, open_page: Open
) -> None:
    owner, other = await begin("owner"), await begin("other")
    turn = new_turn()
    answering = owner.launch(turn)
    pages: list[Page] = []

    for number in range(600):
        answering.say(f"{number} ")
        if number % 25 == 0:
            pages.append(open_page(other))
            pages[-1].watch(turn)
        await asyncio.sleep(0.001)
    answering.end()
    await until(lambda: all(page.ended for page in pages))

    assert {page.shown[str(turn.id)] for page in pages} == {answering.text}
    assert [page.gaps for page in pages] == [[]] * len(pages)


async def test_turn_that_begins_later_comes_by_itself(
    begin: Begin, open_page: Open
) -> None:
    worker, web = await begin("worker"), await begin("web")
    turn, page = new_turn(), open_page(web)
    page.join(turn)

    answering = worker.launch(turn)
    for number in range(50):
        answering.say(f"{number} ")
        await asyncio.sleep(0.001)
    answering.end()
    await until(lambda: bool(page.ended))

    assert (page.shown[str(turn.id)], page.gaps) == (answering.text, [])


async def test_turn_that_ends_before_it_is_asked_for_is_shown_as_stored(
    begin: Begin, open_page: Open, stored: dict[UUID, events.TurnSnapshot]
) -> None:
    worker, web = await begin("worker"), await begin("web")
    turn, page = new_turn(), open_page(web)
    page.join(turn)
    stored[turn.id] = stored_end(turn)

    worker.launch(turn).end()
    await until(lambda: bool(page.names))

    assert page.names == ["turn.snapshot"]
    assert page.shown[str(turn.id)] == "stored"


async def test_events_of_no_turn_reach_every_process_once(
    begin: Begin, open_page: Open
) -> None:
    processes = [await begin(name) for name in ("a", "b", "c")]
    pages = [open_page(process) for process in processes]
    for page in pages:
        page.process.hub.subscribe(person_topic(7), page)
    changed = events.ConversationChanged(conversation=UUID(int=1), change="updated")

    processes[0].hub.publish(person_topic(7), [changed])
    processes[0].hub.publish(person_topic(8), [changed])
    await until(lambda: all(page.names for page in pages))
    await asyncio.sleep(0.05)

    assert [page.names for page in pages] == [["conversation.changed"]] * 3


async def test_events_of_a_turn_without_an_owner_reach_every_process(
    begin: Begin, open_page: Open
) -> None:
    sweeper, other = await begin("sweeper"), await begin("other")
    turn, page = new_turn(), open_page(other)
    page.join(turn)

    sweeper.hub.publish(conversation_topic(turn.conversation_id), [stored_end(turn)])
    await until(lambda: bool(page.names))

    assert page.shown[str(turn.id)] == "stored"


async def test_new_owner_takes_the_watchers_from_the_old_one(
    begin: Begin, open_page: Open
) -> None:
    stale, fresh, web = [await begin(name) for name in ("stale", "fresh", "web")]
    turn, page = new_turn(), open_page(web)
    page.join(turn)
    before = stale.launch(turn)
    before.say("old")
    await until(lambda: page.shown.get(str(turn.id)) == "old")

    after = fresh.launch(turn)
    after.say("new")
    await until(lambda: page.shown.get(str(turn.id)) == "new")
    count = len(page.names)
    before.say(" and late")
    after.say(" text")
    await until(lambda: page.shown[str(turn.id)] == "new text")

    assert (len(page.names), page.gaps) == (count + 1, [])
    assert page.positions[str(turn.id)][0] == 2


async def test_last_page_that_leaves_ends_the_watching(
    begin: Begin, open_page: Open
) -> None:
    owner, web = await begin("owner"), await begin("web")
    turn, pages = new_turn(), [open_page(web), open_page(web)]
    answering = owner.launch(turn)
    for page in pages:
        page.watch(turn)
    await until(lambda: all(page.shown for page in pages))
    delta: list[events.Event] = [stored_end(turn)]

    pages[0].leave(turn)
    await asyncio.sleep(0.05)
    assert owner.relay.wants(delta)
    pages[1].leave(turn)
    await until(lambda: not owner.relay.wants(delta))

    answering.say("unheard")
    await asyncio.sleep(0.05)
    assert pages[1].shown[str(turn.id)] == ""


async def test_page_that_only_wants_a_snapshot_does_not_begin_to_watch(
    begin: Begin, open_page: Open
) -> None:
    owner, web = await begin("owner"), await begin("web")
    turn, page = new_turn(), open_page(web)
    owner.launch(turn).say("Hello")

    assert web.relay.ask(turn, page)
    await until(lambda: page.shown == {str(turn.id): "Hello"})

    await until(lambda: not owner.relay.wants([stored_end(turn)]))


async def test_process_that_died_is_told_no_more(begin: Begin, open_page: Open) -> None:
    owner, web = await begin("owner"), await begin("web")
    turn, page = new_turn(), open_page(web)
    answering = owner.launch(turn)
    page.watch(turn)
    await until(lambda: bool(page.shown))

    await web.relay.stop()  # its pages are still there: nobody says that they leave
    answering.say("Hello?")

    await until(lambda: not owner.relay.wants([stored_end(turn)]))


async def test_process_that_asks_again_meanwhile_is_not_taken_for_gone(
    begin: Begin,
    open_page: Open,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner, web = await begin("owner"), await begin("web")
    turn, page = new_turn(), open_page(web)
    page.join(turn)
    answering = owner.launch(turn)
    await until(lambda: bool(page.shown))
    published, is_asked, may_learn = asyncio.Event(), asyncio.Event(), asyncio.Event()
    execute, ask = Pipeline.execute, OwnTurns.ask

    async def execute_late(pipeline: Any, *args: Any, **kwargs: Any) -> Any:
        sent = pipeline.command_stack[0][0]
        counts = await execute(pipeline, *args, **kwargs)
        if sent[1].endswith(":web") and sent[2].startswith('["owner"'):
            published.set()
            await may_learn.wait()
        return counts

    def ask_seen(*args: Any) -> None:
        ask(*args)
        is_asked.set()

    monkeypatch.setattr(link, "FIRST_PAUSE_SECONDS", 0.5)
    monkeypatch.setattr(Pipeline, "execute", execute_late)
    monkeypatch.setattr(OwnTurns, "ask", ask_seen)

    # It is away for a moment, comes back and asks, before the owner learns that what
    # was said to it meanwhile reached nobody.
    await hang_up(redis_server, "web")
    answering.say("One ")
    await published.wait()
    await is_asked.wait()
    may_learn.set()
    await until(lambda: page.shown == {str(turn.id): "One "})
    answering.say("two")
    answering.end()

    await until(lambda: bool(page.ended))
    assert page.shown == {str(turn.id): "One two"}


async def hang_up(redis_server: RedisServer, process: str) -> None:
    """Close the connection on which a process listens, at Redis."""
    async with Redis.from_url(redis_server.url, decode_responses=True) as client:
        for row in await client.client_list(_type="pubsub"):
            if row["name"] == process:
                await client.client_kill_filter(_id=row["id"])
        channel = f"colloquy:1:one:{process}"
        while (await client.pubsub_numsub(channel))[0][1]:  # noqa: ASYNC110  Redis tells nobody
            await asyncio.sleep(0.001)


async def test_owner_that_died_is_answered_for_at_once(
    begin: Begin, open_page: Open, stored: dict[UUID, events.TurnSnapshot]
) -> None:
    owner, web = await begin("owner"), await begin("web")
    turn, page = new_turn(), open_page(web)
    owner.launch(turn)
    stored[turn.id] = stored_end(turn)

    await owner.relay.stop()
    page.watch(turn)
    await until(lambda: bool(page.names))

    assert page.names == ["turn.snapshot"]


async def test_owner_that_is_silent_is_answered_for_and_heard_later(
    begin: Begin,
    open_page: Open,
    redis_server: RedisServer,
    stored: dict[UUID, events.TurnSnapshot],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watched, "ANSWER_SECONDS", 0.1)
    web = await begin("web")
    turn, page = new_turn(), open_page(web)
    turn.state, turn.owner, turn.epoch = "running", "frozen", 1
    stored[turn.id] = stored_end(turn, "saved")
    late = encode(
        events.TurnSnapshot(
            turn=turn.id,
            conversation=turn.conversation_id,
            epoch=1,
            seq=9,
            state={},
            messages=[{"blocks": [{"block": {"text": "saved and more"}}]}],
        )
    )
    async with Redis.from_url(redis_server.url) as client, client.pubsub() as pubsub:
        await pubsub.subscribe("colloquy:1:one:frozen")

        page.watch(turn)
        await until(lambda: page.shown == {str(turn.id): "saved"})
        parcel = Parcel()
        parcel.add(Answered(turn.id, turn.conversation_id, 1, late.text))
        await client.publish("colloquy:1:one:web", parcel.pack("frozen"))

        await until(lambda: page.shown == {str(turn.id): "saved and more"})


async def test_owner_says_when_a_turn_is_not_its_own_any_more(
    begin: Begin, open_page: Open, stored: dict[UUID, events.TurnSnapshot]
) -> None:
    owner, web = await begin("owner"), await begin("web")
    turn, page = new_turn(), open_page(web)
    owner.launch(turn).end()
    stored[turn.id] = stored_end(turn)

    page.watch(turn)
    await until(lambda: bool(page.names))

    assert page.shown == {str(turn.id): "stored"}


async def test_slow_socket_gets_one_snapshot_from_the_owner(
    begin: Begin, open_page: Open
) -> None:
    owner, web = await begin("owner"), await begin("web")
    turn, slow, quick = new_turn(), open_page(web), open_page(web)
    answering = owner.launch(turn)
    await asyncio.sleep(0.05)  # until it has been announced
    for page in (slow, quick):
        page.watch(turn)
    await until(lambda: bool(slow.shown and quick.shown))

    slow.is_readable.clear()
    for number in range(500):
        answering.say(f"{number} ".ljust(1_000))
        await asyncio.sleep(0.001)
    await until(lambda: quick.shown[str(turn.id)] == answering.text)
    assert slow.outbox.waiting_bytes_peak < 300_000
    slow.is_readable.set()
    await until(lambda: slow.shown[str(turn.id)] == answering.text)
    answering.say("The end.")
    answering.end()
    await until(lambda: bool(slow.ended and quick.ended))

    assert slow.shown[str(turn.id)] == answering.text
    assert (slow.gaps, quick.gaps) == ([], [])
    assert slow.names.count("turn.snapshot") == 2
    assert quick.names.count("turn.snapshot") == 1


async def test_nobody_is_woken_but_who_is_meant(begin: Begin) -> None:
    processes = [await begin(name) for name in ("a", "b", "c")]
    woken: list[str] = []
    for process in processes:
        process.relay.on_wake_owner = lambda name=process.name: woken.append(name)
        process.relay.on_wake_workers = lambda name=process.name: woken.append(
            f"worker {name}"
        )

    processes[0].relay.wake_owner("b")
    processes[0].relay.wake_workers()
    await until(lambda: len(woken) >= 3)
    await asyncio.sleep(0.05)

    assert sorted(woken) == ["b", "worker b", "worker c"]


async def test_two_installations_on_one_redis_do_not_meet(
    begin: Begin, open_page: Open
) -> None:
    ours, theirs = await begin("a", "one"), await begin("b", "two")
    woken: list[str] = []
    theirs.relay.on_wake_owner = lambda: woken.append("owner")
    theirs.relay.on_wake_workers = lambda: woken.append("worker")
    turn, page = new_turn(), open_page(theirs)
    page.join(turn)

    ours.launch(turn).say("Secret")
    ours.relay.wake_owner("b")
    ours.relay.wake_workers()
    ours.hub.publish(conversation_topic(turn.conversation_id), [events.Pong()])
    await asyncio.sleep(0.1)

    assert (page.names, woken) == ([], [])


async def test_nothing_is_encoded_for_nobody(begin: Begin, open_page: Open) -> None:
    owner, web = await begin("owner"), await begin("web")
    turn, page = new_turn(), open_page(web)
    live = owner.launch(turn).live
    page.watch(turn)
    await until(lambda: bool(page.shown))

    class Unspeakable(events.TurnStarted):
        def as_json(self) -> dict[str, Any]:
            raise ZeroDivisionError

    said = Unspeakable(
        turn=live.id, conversation=live.conversation_id, epoch=1, seq=3, state={}
    )
    topic = conversation_topic(turn.conversation_id)
    with pytest.raises(ZeroDivisionError):  # somebody watches
        owner.hub.publish(topic, [said])
    page.leave(turn)
    await until(lambda: not owner.relay.wants([said]))

    owner.hub.publish(topic, [said])


async def test_fifteen_thousand_events_arrive_in_order(
    begin: Begin, open_page: Open
) -> None:
    owner, web = await begin("owner"), await begin("web")
    turns = [new_turn() for _ in range(50)]
    answers = [owner.launch(turn) for turn in turns]
    page = open_page(web)
    for turn in turns:
        page.watch(turn)
    await until(lambda: len(page.shown) == 50)

    for number in range(300):
        for answering in answers:
            answering.say(f"{number} ")
        await asyncio.sleep(0.003)
    for answering in answers:
        answering.end()
    await until(lambda: len(page.ended) == 50)

    assert page.shown == {str(a.live.id): a.text for a in answers}
    assert page.gaps == []
    assert page.names.count("block.delta") == 15_000


async def test_restart_of_redis_is_told_and_healed(
    begin: Begin, open_page: Open, redis_server: RedisServer
) -> None:
    owner, web = await begin("owner"), await begin("web")
    turn, page = new_turn(), open_page(web)
    answering = owner.launch(turn)
    page.watch(turn)
    answering.say("before")
    await until(lambda: page.shown.get(str(turn.id)) == "before")

    redis_server.kill()
    await until(lambda: not (owner.relay.is_connected or web.relay.is_connected))
    answering.say(" during")
    owner.relay.wake_workers()
    assert not web.relay.ask(turn, page)
    redis_server.start()

    await until(lambda: page.shown[str(turn.id)] == "before during")
    answering.say(" after")
    await until(lambda: page.shown[str(turn.id)] == "before during after")
    await until(lambda: "server.recovered" in page.names)
    assert "server.impaired" in page.names
    assert web.health.reasons() == []


async def test_return_of_one_process_has_all_pages_ask_again(
    begin: Begin, open_page: Open, redis_server: RedisServer
) -> None:
    one, web = await begin("one"), await begin("web")
    page = open_page(web)
    web.hub.subscribe(person_topic(7), page)

    async with Redis.from_url(redis_server.url) as client:
        for connection in await client.client_list():
            if connection["name"] == "one":
                await client.client_kill(connection["addr"])
    await until(lambda: bool(page.names))

    assert page.names == ["server.recovered"]
    assert one.relay.is_connected


async def test_start_without_redis_keeps_trying(
    begin: Begin, open_page: Open, redis_server: RedisServer
) -> None:
    redis_server.kill()

    process = await begin("early")

    assert (process.relay.is_running, process.relay.is_connected) == (True, False)
    assert [reason["type"] for reason in process.health.reasons()] == [
        "relay_unavailable"
    ]
    redis_server.start()
    await until(lambda: process.relay.is_connected)
    assert process.health.reasons() == []


async def test_nothing_is_kept_while_redis_is_away(
    begin: Begin, open_page: Open, redis_server: RedisServer
) -> None:
    owner = await begin("owner")
    redis_server.kill()
    await until(lambda: not owner.relay.is_connected)
    answering = owner.launch(new_turn())

    for _ in range(1_000):
        owner.hub.publish(person_topic(7), [events.Pong()])
        answering.say("x" * 100)

    assert owner.relay._link is not None
    assert owner.relay._link.waiting_bytes == 0


async def test_redis_that_hangs_costs_no_more_than_the_limit(
    begin: Begin, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "TIMEOUT_SECONDS", 0.5)
    owner = await begin("owner")
    assert owner.relay._link is not None
    large = events.ServerRestarting(reason="x" * 1_000_000)
    peak = 0

    redis_server.pause()
    for _ in range(100):
        owner.hub.publish(person_topic(7), [large])
        peak = max(peak, owner.relay._link.waiting_bytes)
        await asyncio.sleep(0.001)
    await until(lambda: not owner.relay.is_connected)
    redis_server.go_on()
    await until(lambda: owner.relay.is_connected)

    assert peak < link.MAX_WAITING_BYTES + 1_001_000


async def test_what_nobody_understands_is_passed_over(
    begin: Begin, open_page: Open, redis_server: RedisServer
) -> None:
    process = await begin("a")
    page = open_page(process)
    process.hub.subscribe(person_topic(7), page)
    other = await begin("b")

    async with Redis.from_url(redis_server.url) as client:
        for message in ("", "{", "[]", '["b",["Told"]]', '["b",["Unheard",1]]', "7"):
            await client.publish("colloquy:1:one:*", message)
    other.hub.publish(person_topic(7), [events.Pong()])
    await until(lambda: bool(page.names))

    assert page.names == ["pong"]


async def test_wrong_url_stops_the_start(begin: Begin) -> None:
    process = await begin("a")
    await process.relay.stop()

    with pytest.raises(ValueError, match="must specify one of"):
        await process.relay.start("http://x", process="a", namespace="one")


async def test_without_redis_every_call_is_fine() -> None:
    assert not relay.is_running
    turn = new_turn()

    assert not relay.ask(turn, Page.__new__(Page))
    relay.wake_owner("a")
    relay.wake_workers()
    relay.release(LiveTurn(turn))
    await relay.stop()


def test_default_install_needs_no_redis() -> None:
    program = (
        "import sys; sys.modules['redis'] = None\n"
        "import django; django.setup()\n"
        "import conversations.lifecycle, conversations.consumers\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")
