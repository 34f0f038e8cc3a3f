"""Who is reached over Redis, and what becomes of it when a connection breaks."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from conversations.protocol import events
from conversations.turns.hub import conversation_topic, person_topic
from conversations.turns.live import LiveTurn
from conversations.turns.relay import link, relay
from conversations.turns.relay.owned import OwnTurns
from tests.redis import RedisServer
from tests.turns.processes import Page, new_turn, until
from tests.turns.relay.conftest import Begin, Open

ROOT = Path(__file__).parent.parent.parent.parent


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
