"""Queued turns: who takes them, who may end them, what a stopping process leaves."""

import asyncio
import uuid
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from chatapp.accounts.models import User
from conversations.models import Message, State, Turn
from conversations.protocol import events
from conversations.protocol.commands import CommandRejected, SendMessage
from conversations.turns import lease, runner
from conversations.turns.checkpoints import take_changes
from conversations.turns.claims import claims
from conversations.turns.registry import registry
from conversations.turns.start import Acceptance, start_turn
from conversations.upstream import use_client
from tests.turns.conftest import Ask, Watcher
from tests.turns.scripted import ScriptedClient, Silence, answer, started, text


@pytest.fixture
def only_web(turns: None) -> Any:
    """This process serves pages: it leaves turns to the workers."""
    claims.open(is_answering=False)
    yield
    claims.open(is_answering=True)


@pytest.fixture
def draining(turns: None) -> Any:
    claims.close()
    yield
    claims.open(is_answering=True)


async def queue(alice: User, watcher: Watcher, words: str = "Hi") -> Acceptance:
    command = SendMessage(client_id=uuid.uuid4(), text=words)
    return await start_turn(alice, command, before_launch=watcher.watch)


async def test_process_without_answers_queues_the_turn(
    only_web: None, watcher: Watcher, alice: User
) -> None:
    acceptance = await queue(alice, watcher)

    turn = await Turn.objects.aget(id=acceptance.turn.id)
    assert (turn.state, turn.owner, turn.epoch) == (State.QUEUED, "", 0)
    assert acceptance.as_event().turn["state"] == "queued"
    assert watcher.names == ["message.accepted"]
    assert await claims.take() == 0


async def test_worker_takes_the_oldest_turn_and_answers_it(
    only_web: None, watcher: Watcher, alice: User, settings: Settings
) -> None:
    first = await queue(alice, watcher, "First")
    second = await queue(alice, watcher, "Second")
    settings.MAX_RUNNING_TURNS = 1
    claims.open(is_answering=True)
    use_client(ScriptedClient(answer("Here it is")))

    assert await claims.take() == 1
    await runner.wait_for(first.turn.id)

    turns = {turn.id: turn async for turn in Turn.objects.all()}
    assert turns[first.turn.id].state == State.COMPLETED
    assert turns[first.turn.id].owner == lease.OWNER
    assert turns[first.turn.id].started_at is not None
    assert turns[second.turn.id].state == State.QUEUED
    assert watcher.names[2:4] == ["turn.started", "block.started"]


async def test_full_worker_leaves_turns_to_others(
    only_web: None, watcher: Watcher, ask: Ask, alice: User, settings: Settings
) -> None:
    claims.open(is_answering=True)
    held = asyncio.Event()
    await ask([held.wait], text="Busy")
    claims.open(is_answering=False)
    await queue(alice, watcher)
    claims.open(is_answering=True)
    settings.MAX_RUNNING_TURNS = 1

    assert await claims.take() == 0


async def test_woken_worker_looks_at_once(
    only_web: None, watcher: Watcher, alice: User
) -> None:
    claims.open(is_answering=True)
    use_client(ScriptedClient(answer("Here it is")))
    working = asyncio.create_task(claims.run())
    claims.open(is_answering=False)
    acceptance = await queue(alice, watcher)
    claims.is_answering = True

    claims.wake()
    while "turn.completed" not in watcher.names:  # noqa: ASYNC110  nobody tells of it
        await asyncio.sleep(0.01)

    working.cancel()
    turn = await Turn.objects.aget(id=acceptance.turn.id)
    assert turn.state == State.COMPLETED


async def test_queued_turn_is_cancelled_by_whoever_is_asked(
    only_web: None, watcher: Watcher, alice: User
) -> None:
    acceptance = await queue(alice, watcher)

    await runner.cancel(acceptance.turn.id)

    turn = await Turn.objects.aget(id=acceptance.turn.id)
    assert (turn.state, turn.epoch) == (State.CANCELLED, 1)
    assert turn.finished_at is not None
    assert watcher.names == ["message.accepted", "turn.snapshot", "turn.cancelled"]
    claims.open(is_answering=True)
    assert await claims.take() == 0


async def test_stopping_process_refuses_new_turns_for_now(
    draining: None, watcher: Watcher, alice: User
) -> None:
    with pytest.raises(CommandRejected) as refusal:
        await queue(alice, watcher)

    assert refusal.value.type == "server_restarting"
    assert (refusal.value.retryable, refusal.value.action) == (True, "wait")
    assert refusal.value.client_id is not None
    assert await Message.objects.acount() == 0


async def test_draining_waits_for_running_turns(turns: None, ask: Ask) -> None:
    held = asyncio.Event()
    acceptance = await ask([held.wait, *answer("Whole")])
    draining = asyncio.create_task(runner.drain(30))
    await asyncio.sleep(0)

    held.set()
    await draining

    turn = await Turn.objects.aget(id=acceptance.turn.id)
    assert turn.state == State.COMPLETED


async def test_stop_interrupts_what_was_shown_and_keeps_it(
    watcher: Watcher, ask: Ask
) -> None:
    silence = Silence()
    acceptance = await ask([started(), *text(0, "Half of")[:-1], silence])
    await silence.began.wait()

    await runner.interrupt_all()

    turn = await Turn.objects.aget(id=acceptance.turn.id)
    kept = await Message.objects.aget(turn=turn)
    assert (turn.state, kept.text) == (State.INTERRUPTED, "Half of")
    assert watcher.names[-1] == "turn.interrupted"


async def test_stop_queues_again_what_was_not_shown(watcher: Watcher, ask: Ask) -> None:
    silence = Silence()
    acceptance = await ask([started(), silence])
    await silence.began.wait()

    await runner.interrupt_all()

    turn = await Turn.objects.aget(id=acceptance.turn.id)
    assert (turn.state, turn.owner, turn.epoch) == (State.QUEUED, "", 2)
    assert not await turn.checkpoints.aexists()
    snapshot, queued = watcher.events[-2:]
    assert isinstance(snapshot, events.TurnSnapshot)
    assert isinstance(queued, events.TurnQueued)
    assert (snapshot.epoch, snapshot.messages, queued.epoch) == (2, [], 2)


async def test_block_without_a_word_is_no_proof_that_something_was_shown(
    ask: Ask,
) -> None:
    silence = Silence()
    acceptance = await ask([started(), text(0, "")[0], silence])
    await silence.began.wait()
    live = registry.find(acceptance.turn.id)
    assert live is not None

    changes = take_changes(live)

    assert changes is not None
    assert (changes.blocks, changes.round is not None) == ([], True)
    assert take_changes(live) is None


async def test_late_end_of_a_lost_run_leaves_the_next_run_alone(
    ask: Ask, watcher: Watcher
) -> None:
    silence = Silence()
    acceptance = await ask([started(), silence])
    await silence.began.wait()
    lost = registry.find(acceptance.turn.id)
    assert lost is not None
    await Turn.objects.filter(id=lost.id).aupdate(
        state=State.QUEUED, owner="", epoch=2, reruns=1
    )
    held = asyncio.Event()
    use_client(ScriptedClient([held.wait, *answer("Here it is")]))

    assert await claims.take() == 1
    again = registry.find(lost.id)
    lost.lose()
    assert lost.task is not None
    await asyncio.wait([lost.task])

    assert again is not None
    assert again is not lost
    assert registry.find(lost.id) is again
    held.set()
    await runner.wait_for(again.id)
    turn = await Turn.objects.aget(id=again.id)
    assert (turn.state, turn.epoch) == (State.COMPLETED, 3)
