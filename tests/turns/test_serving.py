"""Speed, place and capacity go with the request and come back with the usage."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pytest_django import Settings

from chatapp.accounts.models import User
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.models import Turn, UsageRecord
from conversations.protocol.commands import CommandRejected, RetryTurn, SendMessage
from conversations.simulator import Simulator, SimulatorTransport
from conversations.turns import runner
from conversations.turns.start import StartCommand, start_turn
from conversations.upstream import use_client

pytestmark = pytest.mark.django_db(transaction=True)

type Say = Callable[..., Awaitable[Turn]]
ALL = {"speed": "fast", "inference_geo": "us", "service_tier": "standard_only"}


@pytest.fixture
def say(turns: None, alice: User) -> Say:
    """Return a function that carries out a command against the strict simulator."""

    async def carry_out(kind: type[StartCommand] = SendMessage, **fields: Any) -> Turn:
        transport = SimulatorTransport(Simulator(pace=0))
        use_client(ClaudeClient(Provider(api_key=Secret("s")), transport=transport))
        if kind is SendMessage:
            fields = {"text": "Hi"} | fields
        acceptance = await start_turn(alice, kind(client_id=uuid.uuid4(), **fields))
        await runner.wait_for(acceptance.turn.id)
        return await Turn.objects.aget(id=acceptance.turn.id)

    return carry_out


async def usage_of(turn: Turn) -> UsageRecord:
    record = await UsageRecord.objects.filter(turn=turn, purpose="answer").afirst()
    assert record
    return record


async def test_all_of_it_is_sent_and_priced(say: Say) -> None:
    plain, turn = await say(), await say(**ALL)

    assert turn.state == "completed", turn.error
    assert (turn.speed, turn.inference_geo, turn.service_tier) == tuple(ALL.values())
    usual, record = await usage_of(plain), await usage_of(turn)
    assert usual.usage["speed"] == "standard"
    assert (record.usage["speed"], record.usage["inference_geo"]) == ("fast", "us")
    assert record.cost_usd is not None
    assert usual.cost_usd is not None
    assert float(record.cost_usd) == pytest.approx(float(usual.cost_usd) * 2 * 1.1)


@pytest.mark.parametrize("model", ["claude-opus-5", "claude-opus-4-8"])
async def test_fast_mode_that_needs_a_beta_names_it(say: Say, model: str) -> None:
    turn = await say(model=model, speed="fast")

    assert turn.state == "completed", turn.error


async def test_answering_again_keeps_it(say: Say) -> None:
    first = await say(**ALL)

    again = await say(RetryTurn, turn=first.id)
    elsewhere = await say(RetryTurn, turn=first.id, model="claude-sonnet-5-5")

    assert (again.speed, again.inference_geo) == ("fast", "us")
    assert (elsewhere.speed, elsewhere.inference_geo) == ("", "")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"model": "claude-sonnet-5-5", "speed": "fast"},
            "Claude Sonnet 5.5 has no speed 'fast' here."
            " It offers: none: leave it at the default.",
        ),
        (
            {"inference_geo": "eu"},
            "Claude Opus 5.5 has no place 'eu' here. It offers: global, us.",
        ),
        (
            {"model": "claude-haiku-4-5", "inference_geo": "us"},
            "Claude Haiku 4.5 has no place 'us' here."
            " It offers: none: leave it at the default.",
        ),
        (
            {"later": True, "speed": "fast"},
            "Fast mode is for answers at once. Choose the usual speed.",
        ),
        (
            {"service_tier": "priority"},
            "Claude Opus 5.5 has no capacity 'priority' here."
            " It offers: standard_only.",
        ),
    ],
)
async def test_what_is_not_offered_is_refused(
    say: Say, fields: dict[str, str], message: str
) -> None:
    with pytest.raises(CommandRejected) as caught:
        await say(**fields)

    assert (caught.value.type, caught.value.message) == ("unsupported_setting", message)


async def test_another_address_is_not_asked_for_it(
    say: Say, settings: Settings
) -> None:
    settings.ANTHROPIC_BASE_URL = "http://localhost:11434"

    with pytest.raises(CommandRejected):
        await say(speed="fast")
