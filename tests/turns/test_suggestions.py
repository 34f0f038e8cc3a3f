"""Who wants it is told what may be asked next."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations import catalog
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.models import Preferences, Turn, UsageRecord
from conversations.protocol.commands import SendMessage
from conversations.simulator import Simulator, SimulatorTransport
from conversations.turns import runner, suggestions
from conversations.turns.start import start_turn
from conversations.upstream import use_client
from conversations.usage.totals import total

pytestmark = pytest.mark.django_db(transaction=True)

type Say = Callable[..., Awaitable[Turn]]


@pytest.fixture
async def say(turns: None, alice: User) -> Say:
    """Return a function that sends a message and waits for all that follows."""
    transport = SimulatorTransport(Simulator(pace=0))
    use_client(ClaudeClient(Provider(api_key=Secret("s")), transport=transport))
    await catalog.refresh_cards()

    async def send(text: str = "How do tides in Bristol work?", **fields: Any) -> Turn:
        command = SendMessage(client_id=uuid.uuid4(), text=text, **fields)
        acceptance = await start_turn(alice, command)
        await runner.wait_for(acceptance.turn.id)
        await suggestions_settled()
        return await Turn.objects.aget(id=acceptance.turn.id)

    return send


async def suggestions_settled() -> None:
    """Wait until no request for suggestions is under way."""
    while tasks := [t for t in asyncio.all_tasks() if "suggestions" in t.get_name()]:
        await asyncio.wait(tasks)


async def test_nobody_is_asked_who_did_not_want_it(say: Say) -> None:
    turn = await say()

    assert turn.suggestions == []
    assert not await UsageRecord.objects.filter(purpose="suggestions").aexists()


async def test_each_answer_brings_them(say: Say, alice: User) -> None:
    await Preferences.objects.acreate(person=alice, suggestions=True)

    first = await say()
    second = await say("And in Brest?", conversation=first.conversation_id)

    assert first.suggestions == [
        "Tell me more about tides.",
        "Give me an example of bristol.",
        "What speaks against work?",
    ]
    assert len(second.suggestions) == 3


async def test_they_are_booked_apart_from_the_answer(say: Say, alice: User) -> None:
    await Preferences.objects.acreate(person=alice, suggestions=True)

    turn = await say()

    records = [row async for row in UsageRecord.objects.filter(turn=turn)]
    booked = next(row for row in records if row.purpose == "suggestions")
    answer = next(row for row in records if row.purpose == "answer")
    assert booked.model == "claude-haiku-5-5"
    assert booked.cost_usd is not None
    assert total(records)["input_tokens"] == answer.input_tokens


@pytest.mark.parametrize(
    "text", ["[simulate: max_tokens] x", "[simulate: refusal] x", "[simulate: 400] x"]
)
async def test_only_an_answer_that_ended_has_them(
    say: Say, alice: User, text: str
) -> None:
    await Preferences.objects.acreate(person=alice, suggestions=True)

    turn = await say(text)

    assert turn.suggestions == []


async def test_a_prompt_that_plays_a_scenario_is_only_quoted(
    say: Say, alice: User
) -> None:
    await Preferences.objects.acreate(person=alice, suggestions=True)

    turn = await say("[simulate: echo] Bees and flowers")

    assert len(turn.suggestions) == 3


async def test_stopping_gives_them_up(say: Say) -> None:
    await say()

    await suggestions.stop()
