"""Why the cache was missed stands with the answer; the lifetime follows the habit."""

import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from chatapp.accounts.models import User
from conversations import catalog
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.models import Conversation, Message, State, Turn, UsageRecord
from conversations.protocol.commands import SendMessage
from conversations.simulator import Simulator, SimulatorTransport
from conversations.turns import runner
from conversations.turns.inspecting import keeper
from conversations.turns.start import start_turn
from conversations.upstream import use_client

type Say = Callable[..., Awaitable[UsageRecord]]

LONG = "[simulate: echo] " + "All work and no play makes Jack a dull boy. " * 300
GATEWAY = "https://gateway.example.com"


class Clock:
    """The simulator's; what is stored moves back instead."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds

    async def pass_by(self, passed: timedelta) -> None:
        self.seconds += passed.total_seconds()
        async for turn in Turn.objects.all():
            assert turn.started_at is not None
            moved = turn.started_at - passed
            await Turn.objects.filter(id=turn.id).aupdate(started_at=moved)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Simulator:
    return Simulator(pace=0, clock=clock)


@pytest.fixture
async def say(turns: None, alice: User, simulator: Simulator) -> Say:
    """Return a function that says something in one conversation; it returns the cost."""
    provider = Provider(api_key=Secret("simulator"))
    transport = SimulatorTransport(simulator)
    use_client(ClaudeClient(provider, transport=transport, max_retries=0))
    await catalog.refresh_cards()

    async def carry_out(text: str = LONG, **fields: Any) -> UsageRecord:
        conversation = await Conversation.objects.afirst()
        command = SendMessage(
            client_id=uuid.uuid4(),
            text=text,
            conversation=conversation.id if conversation else None,
            **fields,
        )
        acceptance = await start_turn(alice, command)
        await runner.wait_for(acceptance.turn.id)
        await keeper.flush()
        turn = await Turn.objects.aget(id=acceptance.turn.id)
        assert (turn.state, turn.error) == (State.COMPLETED, None)
        return await UsageRecord.objects.aget(turn=turn, purpose="answer")

    return carry_out


def bodies(simulator: Simulator) -> list[dict[str, Any]]:
    """Return the bodies of the conversation's requests, titles left out."""
    sent = [json.loads(kept.raw_body or b"{}") for kept in simulator.requests]
    return [body for body in sent if body.get("stream")]


async def test_nothing_is_said_where_the_cache_was_read(
    say: Say, simulator: Simulator
) -> None:
    first, second, third = [await say() for _ in range(3)]

    assert third.cache_read_input_tokens > second.cache_read_input_tokens > 0
    assert [row.cache_miss for row in (first, second, third)] == [None] * 3
    asked = [body["diagnostics"]["previous_message_id"] for body in bodies(simulator)]
    assert asked == [None, first.upstream_message_id, second.upstream_message_id]


async def test_what_a_person_chose_is_named(say: Say) -> None:
    await say()

    other_effort = await say(effort="low")
    other_model = await say(model="claude-sonnet-5-5")

    assert other_effort.cache_miss is not None
    assert other_effort.cache_miss["what"] == ["the effort"]
    assert other_effort.cache_miss["tokens"] > 1_000
    assert other_model.cache_miss is not None
    assert other_model.cache_miss["what"] == ["the model", "the effort"]


@pytest.mark.parametrize(
    ("base_url", "reason"),
    [
        (None, {"reason": "messages_changed"}),
        # Ours, where nobody may be asked; the first message differs.
        (GATEWAY, {"reason": "messages_changed", "message": 1}),
    ],
)
async def test_what_changed_is_told_by_the_api_or_found(
    say: Say, simulator: Simulator, base_url: str | None, reason: dict[str, Any]
) -> None:
    with override_settings(ANTHROPIC_BASE_URL=base_url):
        await say()
        await Message.objects.filter(parent=None).aupdate(
            content=[{"type": "text", "text": f"{LONG} Really."}]
        )
        row = await say()

    assert row.cache_miss is not None
    tokens = row.cache_miss.pop("tokens")
    assert (row.cache_miss, tokens > 1_000) == (reason, True)
    assert ("diagnostics" in bodies(simulator)[-1]) is (base_url is None)


async def test_what_was_kept_too_long_ago_has_expired(say: Say, clock: Clock) -> None:
    await say()
    await clock.pass_by(timedelta(minutes=6))

    row = await say()

    assert row.cache_miss is not None
    assert row.cache_miss["reason"] == "expired"


async def test_what_nobody_can_explain_is_said_to_be_so(
    say: Say, simulator: Simulator, clock: Clock
) -> None:
    await say()
    clock.seconds += 3 * 3600  # the provider forgets before its time

    row = await say()

    assert row.cache_miss is not None
    assert row.cache_miss["reason"] == "unknown"


async def test_breaks_make_the_cache_live_for_an_hour(
    say: Say, simulator: Simulator, clock: Clock
) -> None:
    await say()
    await clock.pass_by(timedelta(minutes=20))
    second = await say()
    await clock.pass_by(timedelta(minutes=20))
    third = await say()

    lives = [body["cache_control"].get("ttl") for body in bodies(simulator)]
    assert lives == [None, "1h", "1h"]
    kept = second.usage["cache_creation"]["ephemeral_1h_input_tokens"]
    assert third.cache_read_input_tokens == kept > 0
    assert third.cache_miss is None


async def test_a_longer_life_reads_what_was_kept_for_a_short_one(
    say: Say, simulator: Simulator, clock: Clock
) -> None:
    await say()
    await clock.pass_by(timedelta(minutes=20))
    await say()
    rows = [await say() for _ in range(12)]

    lives = [body["cache_control"].get("ttl") for body in bodies(simulator)]
    assert None in lives[2:]  # nobody pauses any more
    reads = [row.cache_read_input_tokens for row in rows]
    assert reads == sorted(reads)
    assert not any(row.cache_miss for row in rows)
