"""How a process watches a turn of another one, over a real Redis."""

import asyncio
from uuid import UUID

import pytest
from redis.asyncio import Redis

from conversations.protocol import events
from conversations.turns.hub import conversation_topic, encode, person_topic
from conversations.turns.relay import watched
from conversations.turns.relay.wire import Answered, Parcel
from tests.redis import RedisServer
from tests.turns.processes import Page, new_turn, stored_end, until
from tests.turns.relay.conftest import Begin, Open


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
