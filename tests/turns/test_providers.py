"""Turns through providers: each asked in its own form, paid for by its own card."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations import catalog
from conversations.claude import ClaudeClient
from conversations.models import ModelCard, Provider, State, Turn, UsageRecord
from conversations.protocol.commands import RetryTurn, SendMessage
from conversations.simulator import Simulator, SimulatorTransport
from conversations.simulator.platforms import BedrockLegacySimulator
from conversations.turns import runner, titles
from conversations.turns.start import StartCommand, start_turn
from conversations.turns.writer import writer
from conversations.upstream import close_client, get_client, open_provider, use_client

WIRE_ID = "eu.anthropic.claude-opus-4-8-v1:0"
MODEL = f"legacy/{WIRE_ID}"

type Say = Callable[..., Awaitable[Turn]]


@pytest.fixture
async def provider(
    turns: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Provider]:
    """Legacy Bedrock, whose key is in the environment, with one model."""
    monkeypatch.setenv("PROVIDER_BEDROCK", "ABSKsimulated")
    provider = Provider(
        name="Bedrock",
        slug="legacy",
        kind="bedrock_legacy",
        region="eu-central-1",
        secret_place="env",
        secret_name="PROVIDER_BEDROCK",
    )
    await writer.do(lambda: _save(provider))
    yield provider
    await close_client()


def _save(provider: Provider) -> None:
    provider.save()
    card = catalog.card_at(provider, WIRE_ID)
    assert card.prices is not None
    card.prices = card.prices | {"output": "1000"}
    card.save()


@pytest.fixture
async def bedrock(provider: Provider) -> BedrockLegacySimulator:
    simulator = BedrockLegacySimulator()
    transport = SimulatorTransport(simulator)
    client = ClaudeClient(open_provider(provider), transport=transport, max_retries=0)
    use_client(client, provider)
    return simulator


@pytest.fixture
def say(alice: User, bedrock: BedrockLegacySimulator) -> Say:
    async def carry_out(kind: type[StartCommand], **fields: Any) -> Turn:
        acceptance = await start_turn(alice, kind(client_id=uuid.uuid4(), **fields))
        await runner.wait_for(acceptance.turn.id)
        await asyncio.gather(*titles._asides._tasks)
        return await Turn.objects.aget(id=acceptance.turn.id)

    return carry_out


async def test_a_turn_is_answered_in_the_form_of_its_provider(
    say: Say, bedrock: BedrockLegacySimulator
) -> None:
    turn = await say(SendMessage, text="What is a bell?", model=MODEL)

    assert (turn.state, turn.error) == (State.COMPLETED, None)
    paths = {request.raw_path for request in bedrock.received}
    assert f"/model/{WIRE_ID}/invoke-with-response-stream" in paths
    assert turn.model == MODEL


async def test_the_title_is_asked_of_the_same_provider(
    say: Say, bedrock: BedrockLegacySimulator
) -> None:
    default = Simulator(pace=0)
    use_client(
        ClaudeClient(
            get_client().provider, transport=SimulatorTransport(default), max_retries=0
        )
    )

    await say(SendMessage, text="What is a bell?", model=MODEL)

    assert default.requests == []
    assert f"/model/{WIRE_ID}/invoke" in {item.raw_path for item in bedrock.received}


async def test_a_turn_is_paid_by_the_card_of_its_provider(say: Say) -> None:
    turn = await say(SendMessage, text="What is a bell?", model=MODEL)

    record = await UsageRecord.objects.filter(turn=turn).afirst()
    assert record is not None
    assert record.prices is not None
    assert Decimal(record.prices["output"]) == 1000


async def test_a_conversation_goes_on_with_another_provider(
    say: Say, provider: Provider
) -> None:
    first = await say(SendMessage, text="What is a bell?", model=MODEL)
    chat = first.conversation_id
    second = await say(
        SendMessage, conversation=chat, text="And?", model="claude-opus-5-5"
    )
    third = await say(SendMessage, conversation=chat, text="So?", model=MODEL)
    again = await say(RetryTurn, turn=third.id)

    states = {turn.state for turn in (first, second, third, again)}
    assert states == {State.COMPLETED}
    assert again.model == MODEL


async def test_a_provider_that_is_not_set_up_fails_with_a_sentence(
    say: Say, provider: Provider
) -> None:
    await writer.do(
        lambda: Provider.objects.filter(pk=provider.pk).update(
            secret_name="PROVIDER_GONE", changed_at="2030-01-01T00:00:00Z"
        )
    )

    turn = await say(SendMessage, text="Hello", model=MODEL)

    assert turn.state == State.FAILED
    assert turn.error is not None
    assert turn.error["type"] == "provider_not_ready"
    assert "Test connection" in turn.error["message"]


async def test_a_card_of_a_switched_off_provider_is_not_taken(
    say: Say, provider: Provider
) -> None:
    await writer.do(lambda: Provider.objects.update(is_enabled=False))

    with pytest.raises(Exception, match="is not offered here"):
        await say(SendMessage, text="Hello", model=MODEL)

    assert await ModelCard.objects.filter(model_id=MODEL).aexists()
