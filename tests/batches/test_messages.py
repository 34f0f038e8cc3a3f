"""Messages that are answered later: their turns wait, and end as any other."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chatapp.accounts.models import User
from conversations.batches import requests
from conversations.batches.keeper import forget_old
from conversations.models import (
    Batch,
    BatchState,
    Conversation,
    Message,
    ModelCard,
    Purpose,
    State,
    Turn,
    UsageRecord,
)
from conversations.prompts.build import build_prompt
from conversations.protocol.commands import CommandRejected, SendMessage
from conversations.turns import runner, titles
from conversations.turns.claims import claims
from conversations.turns.hub import conversation_topic, hub
from conversations.turns.start import Acceptance, start_turn
from conversations.turns.writer import writer
from tests.batches.conftest import MODEL, SECONDS, World, look
from tests.turns.conftest import Watcher


@pytest.fixture
async def watcher(world: World) -> AsyncIterator[Watcher]:
    yield Watcher()
    await runner.interrupt_all()
    await titles.stop()


async def send(
    user: User, text: str = "Hello", watcher: Watcher | None = None, **fields: Any
) -> Acceptance:
    command = SendMessage(
        client_id=uuid.uuid4(), text=text, later=True, model=MODEL, **fields
    )
    acceptance = await start_turn(user, command)
    if watcher is not None:
        hub.subscribe(conversation_topic(acceptance.conversation.id), watcher)
    return acceptance


async def test_the_answer_comes_into_the_same_conversation(
    world: World, watcher: Watcher, alice: User
) -> None:
    acceptance = await send(alice, watcher=watcher)
    assert acceptance.turn.state == State.QUEUED
    assert acceptance.as_event().turn["later"] is True
    assert await claims.take() == 0

    await look()
    world.now += SECONDS
    await look(2)

    turn = await Turn.objects.aget()
    assert (turn.state, turn.stop_reason) == (State.COMPLETED, "end_turn")
    answer = await Message.objects.aget(role="assistant")
    assert (answer.parent_id, answer.turn_id) == (turn.user_message_id, turn.id)
    assert "Hello" in answer.text
    conversation = await Conversation.objects.aget()
    assert conversation.leaf_id == answer.id
    assert watcher.names == ["turn.snapshot", "turn.completed"]
    [batch] = [batch async for batch in Batch.objects.all()]
    assert (batch.state, batch.source) == (BatchState.ENDED, "message")


async def test_it_is_booked_with_its_turn_at_half_the_price(
    world: World, watcher: Watcher, alice: User
) -> None:
    await send(alice)
    await look()
    world.now += SECONDS
    await look(2)

    record = await UsageRecord.objects.aget(purpose=Purpose.ANSWER)
    turn = await Turn.objects.aget()
    assert record.turn_id == turn.id
    full = (record.input_tokens * 4 + record.output_tokens * 20) / 1_000_000
    assert float(record.cost_usd or 0) == pytest.approx(full / 2)


async def test_a_later_question_goes_with_all_of_its_conversation(
    world: World, watcher: Watcher, alice: User
) -> None:
    first = await send(alice)
    await look()
    world.now += SECONDS
    await look(2)
    bodies: list[bytes] = []
    world.before = lambda request: bodies.append(request.content)

    await send(alice, "And then?", conversation=first.conversation.id)
    await look()

    assert bodies[-1].count(b'"role":') == 3
    assert b"And then?" in bodies[-1]
    assert b'"stream"' not in bodies[-1]


async def test_beta_features_stand_beside_the_body(
    world: World,
    watcher: Watcher,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = build_prompt

    def with_betas(*args: Any) -> Any:
        prompt = real(*args)
        prompt.params["betas"] = ["compact-2026-09-04"]
        return prompt

    monkeypatch.setattr(requests, "build_prompt", with_betas)
    sent: list[httpx.Request] = []
    world.before = sent.append
    await send(alice)

    await look()

    assert sent[-1].headers["anthropic-beta"] == "compact-2026-09-04"
    assert b"betas" not in sent[-1].content


async def test_what_is_stopped_before_it_is_sent_is_not_sent(
    world: World, watcher: Watcher, alice: User
) -> None:
    acceptance = await send(alice)

    await runner.cancel(acceptance.turn.id)
    await look()

    assert world.created == 0
    assert (await Turn.objects.aget()).state == State.CANCELLED
    assert (await Batch.objects.aget()).state == BatchState.ENDED


async def test_what_is_stopped_on_its_way_is_cancelled_there(
    world: World, watcher: Watcher, alice: User
) -> None:
    acceptance = await send(alice)
    await look()

    await runner.cancel(acceptance.turn.id)
    await look()
    world.now += SECONDS
    await look(2)

    assert world.count("POST /v1/messages/batches/msgbatch") == 1
    assert (await Turn.objects.aget()).state == State.CANCELLED
    assert not await Message.objects.filter(role="assistant").aexists()


async def test_what_was_answered_all_the_same_is_booked(
    world: World, watcher: Watcher, alice: User
) -> None:
    acceptance = await send(alice)
    await look()
    world.now += SECONDS

    await runner.cancel(acceptance.turn.id)
    await look(2)

    assert (await Turn.objects.aget()).state == State.CANCELLED
    assert await UsageRecord.objects.filter(turn_id=acceptance.turn.id).acount() == 1


@pytest.mark.parametrize(
    ("prompt", "type"),
    [
        ("[simulate: 529] x", "overloaded_error"),
        ("[simulate: stall] x", "expired"),
        ("[simulate: empty] x", "no_result"),
    ],
)
async def test_without_an_answer_the_turn_fails_in_words(
    prompt: str, type: str, world: World, watcher: Watcher, alice: User
) -> None:
    await send(alice, prompt, watcher)
    await look()
    world.now += SECONDS

    await look(2)

    turn = await Turn.objects.aget()
    assert (turn.state, turn.error["type"]) == (State.FAILED, type)
    assert turn.error["action"] == "retry"
    assert watcher.names[-1] == "turn.failed"


async def test_a_refused_batch_ends_its_turn(
    world: World,
    watcher: Watcher,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("conversations.simulator.batches.MAX_REQUESTS", 0)
    await send(alice)

    await look()

    assert (await Turn.objects.aget()).error["type"] == "invalid_request_error"
    assert (await Batch.objects.aget()).state == BatchState.ENDED


async def test_what_a_batch_cannot_answer_is_refused(
    world: World, watcher: Watcher, alice: User
) -> None:
    await ModelCard.objects.aupdate(capabilities=None)

    with pytest.raises(CommandRejected, match="half the price") as refused:
        await send(alice)

    assert refused.value.type == "not_later"
    assert not await Turn.objects.aexists()


async def test_tools_do_not_wait(world: World, watcher: Watcher, alice: User) -> None:
    with pytest.raises(CommandRejected, match="has tools"):
        await send(alice, tools=("calculator",))

    assert not await Conversation.objects.aexists()


async def test_sending_twice_is_sending_once(
    world: World, watcher: Watcher, alice: User
) -> None:
    command = SendMessage(client_id=uuid.uuid4(), text="Hello", later=True, model=MODEL)

    first = await start_turn(alice, command)
    again = await start_turn(alice, command)

    assert (first.is_new, again.is_new) == (True, False)
    assert await Batch.objects.acount() == 1


async def test_its_batch_is_forgotten_when_it_is_done(
    world: World, watcher: Watcher, alice: User
) -> None:
    await send(alice)
    await look()
    world.now += SECONDS
    await look(2)
    batch = await Batch.objects.aget()
    await Batch.objects.aupdate(ended_at=batch.created_at.replace(year=2020))

    await writer.do(forget_old)

    assert not await Batch.objects.aexists()
    assert (await Turn.objects.aget()).state == State.COMPLETED
