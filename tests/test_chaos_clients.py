"""The campaigns of clients, each in its short form, and what only the inside tells.

`make chaos` runs them in full and writes docs/reliability.md. The last test streams
within the test's own process: from outside nobody sees tasks, subscriptions, the
upstream's slots and connections, or objects that are kept for ever.
"""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from chatapp.accounts.models import User
from conversations import catalog
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.consumers import BrowserConsumer
from conversations.consumers.outbox import Outbox
from conversations.consumers.rights import rights_watch
from conversations.models import Checkpoint, OpenRound, Turn
from conversations.turns import runner, titles
from conversations.turns.hub import hub
from conversations.turns.inspecting import keeper
from conversations.turns.live import LiveTurn
from conversations.turns.registry import registry
from conversations.turns.writer import writer
from conversations.upstream import close_client, use_client
from tests.chaos import cuts, leaks, sends
from tests.chaos.cluster import Cluster
from tests.chaos.short import check
from tests.chaos.upstream import Asked, Upstream
from tests.consumers.conftest import Socket, opened

SEED = 20260115
SLOTS = 50
# Tasks of the whole process, which go to sleep by themselves some seconds later.
PASSING = ("RightsWatch._run", "Upkeep._run")


async def test_tabs_that_were_cut_off_show_what_is_stored(tmp_path: Path) -> None:
    await check(cuts.cut_sockets, SEED, tmp_path)


async def test_tabs_of_two_processes_show_what_is_stored(
    stores: None, reachable_path: Path
) -> None:
    await check(cuts.cut_sockets_of_two, SEED, reachable_path)


async def test_sends_told_many_times_are_carried_out_once(tmp_path: Path) -> None:
    await check(sends.repeat_sends, SEED, tmp_path)


async def test_sends_told_to_two_processes_are_carried_out_once(
    stores: None, reachable_path: Path
) -> None:
    await check(sends.repeat_sends_to_two, SEED, reachable_path)


async def test_streams_leave_nothing_behind_in_the_server(tmp_path: Path) -> None:
    await check(leaks.leave_nothing, SEED, tmp_path)


@pytest.fixture
async def upstream(async_db: None, tmp_path: Path) -> AsyncIterator[Upstream]:
    """The simulator in a process of its own, asked over real connections."""
    await writer.do(catalog.load_cards)
    async with Cluster(tmp_path) as cluster:
        simulator = await cluster.start_simulator(0)
        async with Upstream(simulator.port) as upstream:
            yield upstream
            await runner.interrupt_all()
            await titles.stop()
            await keeper.flush()
            await close_client()
    writer.stop()


@pytest.fixture
async def person(async_db: None, alice: User) -> Client:
    """Alice's browser."""
    client = Client()
    await sync_to_async(client.force_login)(alice)
    return client


def question(kind: str) -> str:
    text = " ".join(f"word{number}" for number in range(60))
    pace = "[simulate: slow seconds=0.01] [simulate: silent]"
    return f"{pace} [simulate: echo] {kind}: {text}"


async def stream_to_the_end(person: Client) -> None:
    async with opened(person) as socket:
        await socket.ask(question("whole"))
        await socket.until("turn.completed")


async def break_the_upstream(person: Client) -> None:
    async with opened(person) as socket:
        await socket.ask(question("broken"))
        await socket.until("turn.failed")


async def stop_it(person: Client) -> None:
    async with opened(person) as socket:
        accepted = await _halfway(socket)
        await socket.send("turn.cancel", turn=accepted["turn"]["id"])
        await socket.until("turn.cancelled")


async def close_the_tab(person: Client) -> None:
    async with opened(person) as socket:
        await _halfway(socket)


async def _halfway(socket: Socket) -> dict[str, Any]:
    accepted = await socket.ask(question("left"))
    await socket.until("block.delta")
    return accepted


WAYS: list[Callable[[Client], Awaitable[None]]] = [
    stream_to_the_end,
    break_the_upstream,
    stop_it,
    close_the_tab,
]


def resets(asked: Asked) -> int | None:
    """Break a turn's answer after its first words, where the question wants it."""
    is_meant = asked.is_turn and "broken:" in str(asked.params["messages"][-1])
    return 1500 if is_meant else None


async def every_way(person: Client) -> None:
    """Stream in all ways at once, and wait for the turns whose tab has gone."""
    await asyncio.gather(*(way(person) for way in WAYS))
    for live in registry:
        await runner.wait_for(live.id)
    await titles.stop()
    await keeper.flush()
    # The tasks of closed sockets end in the next steps of the loop.
    for _step in range(20):
        await asyncio.sleep(0.01)


def held_inside(client: ClaudeClient) -> dict[str, Any]:
    """Count what a process holds beside its sockets. Reads private parts on purpose."""
    gc.collect()
    kinds = Counter(type(thing) for thing in gc.get_objects())
    transport: Any = client._http._transport
    return {
        "running turns": len(registry),
        "topics": len(hub._subscribers),
        "watched rights": len(rights_watch._holders),
        "live turns": kinds[LiveTurn],
        "consumers": kinds[BrowserConsumer],
        "outboxes": kinds[Outbox],
        "free slots": client._exchange._slots._value,
        "busy connections": sum(
            not connection.is_idle() and not connection.is_closed()
            for connection in transport._pool.connections
        ),
        "tasks": Counter(
            name for task in asyncio.all_tasks() if (name := _what(task)) not in PASSING
        ),
    }


def _what(task: asyncio.Task[Any]) -> str:
    return str(getattr(task.get_coro(), "__qualname__", task))


async def test_streams_leave_nothing_behind_in_the_process(
    upstream: Upstream, person: Client
) -> None:
    upstream.break_after = resets
    provider = Provider(base_url=upstream.url, api_key=Secret("sk-ant-test"))
    client = ClaudeClient(provider, max_concurrent=SLOTS, max_retries=0)
    use_client(client)
    await every_way(person)
    # Not nothing: other tests may have left something in this process.
    before = held_inside(client)

    for _time in range(3):
        await every_way(person)

    assert held_inside(client) == before
    assert (before["free slots"], before["busy connections"]) == (SLOTS, 0)
    assert len(upstream.turns) == 4 * len(WAYS)
    assert not await Turn.objects.live().aexists()
    assert not await Checkpoint.objects.aexists()
    assert not await OpenRound.objects.aexists()
