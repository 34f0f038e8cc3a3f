"""Whole conversations against the strict simulator: it accepts all that we send.

The simulator binds signed thinking to the exact prefix, as the API does: one changed
byte of history is a 400 and would fail the turn.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.models import Message, State, Turn
from conversations.protocol.commands import (
    ContinueTurn,
    EditMessage,
    RetryTurn,
    SendMessage,
)
from conversations.simulator import Pace, Simulator, SimulatorTransport
from conversations.turns import runner
from conversations.turns.registry import registry
from conversations.turns.start import StartCommand, start_turn
from conversations.upstream import use_client

type Say = Callable[..., Awaitable[Turn]]


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(pace=0)


@pytest.fixture
def say(turns: None, alice: User, simulator: Simulator) -> Say:
    """Return a function that carries out a command and returns the ended turn."""

    async def carry_out(kind: type[StartCommand], **fields: Any) -> Turn:
        provider = Provider(api_key=Secret("simulator"))
        transport = SimulatorTransport(simulator)
        use_client(ClaudeClient(provider, transport=transport, max_retries=0))
        command = kind(client_id=uuid.uuid4(), **fields)
        acceptance = await start_turn(alice, command)
        await runner.wait_for(acceptance.turn.id)
        rows = Turn.objects.select_related("user_message")
        return await rows.aget(id=acceptance.turn.id)

    return carry_out


async def last_answer(turn: Turn) -> Message:
    return (
        await Message.objects.filter(turn=turn).order_by("-round").afirst() or Message()
    )


def outcome(turn: Turn) -> tuple[str, Any]:
    return turn.state, turn.error


async def test_five_turns_with_thinking_are_accepted(say: Say) -> None:
    turn = await say(SendMessage, text="What is a hash table?")
    for number in range(4):
        assert outcome(turn) == (State.COMPLETED, None)
        turn = await say(
            SendMessage, conversation=turn.conversation_id, text=f"And then? {number}"
        )

    assert outcome(turn) == (State.COMPLETED, None)
    answer = await last_answer(turn)
    assert "thinking" in [block["type"] for block in answer.content]


@pytest.mark.parametrize(
    "models",
    [
        ("claude-opus-5-5", "claude-fable-5-2", "claude-haiku-5-5", "claude-opus-5-5"),
        ("claude-haiku-4-5", "claude-sonnet-5-5", "claude-opus-4-8"),
        ("claude-fable-5-2", "claude-sonnet-4-5", "claude-fable-5-2"),
    ],
)
async def test_model_switches_strip_nothing_and_are_accepted(
    say: Say, models: tuple[str, ...]
) -> None:
    conversation = None
    for model in models:
        turn = await say(
            SendMessage, conversation=conversation, text=f"To {model}", model=model
        )
        assert outcome(turn) == (State.COMPLETED, None), model
        conversation = turn.conversation_id


async def test_branches_are_accepted(say: Say) -> None:
    first = await say(SendMessage, text="One")
    second = await say(SendMessage, conversation=first.conversation_id, text="Two")

    again = await say(RetryTurn, turn=first.id)
    edited = await say(EditMessage, message=second.user_message_id, text="Two, better")
    after = await say(SendMessage, conversation=first.conversation_id, text="Three")

    for turn in (again, edited, after):
        assert outcome(turn) == (State.COMPLETED, None)
    assert edited.user_message.parent_id == second.user_message.parent_id


async def test_cut_off_answer_is_continued(say: Say) -> None:
    cut = await say(SendMessage, text="[simulate: max_tokens] Tell me a story.")
    rest = await say(ContinueTurn, turn=cut.id)

    assert (cut.state, cut.stop_reason) == (State.COMPLETED, "max_tokens")
    assert outcome(rest) == (State.COMPLETED, None)


async def test_paused_answer_goes_on_by_itself(say: Say) -> None:
    turn = await say(SendMessage, text="[simulate: pause_turn] Take your time.")

    assert (turn.state, turn.stop_reason) == (State.COMPLETED, "end_turn")
    assert await turn.messages.acount() > 1
    after = await say(SendMessage, conversation=turn.conversation_id, text="Thanks")
    assert outcome(after) == (State.COMPLETED, None)


@pytest.mark.parametrize(
    ("scenario", "state", "kind"),
    [
        ("refusal", State.COMPLETED, None),
        ("refusal-mid-stream", State.COMPLETED, None),
        ("window", State.COMPLETED, None),
        ("529 times=9", State.FAILED, "overloaded_error"),
        ("529-mid-stream", State.FAILED, "overloaded_error"),
        ("429 retry-after=0 times=9", State.FAILED, "rate_limit_error"),
        ("400", State.FAILED, "invalid_request_error"),
        ("401", State.FAILED, "authentication_error"),
        ("402", State.FAILED, "billing_error"),
        ("403", State.FAILED, "permission_error"),
        ("404", State.FAILED, "not_found_error"),
        ("413", State.FAILED, "request_too_large"),
        ("500 times=9", State.FAILED, "api_error"),
        ("504 times=9", State.FAILED, "timeout_error"),
        ("cut after=200", State.FAILED, "stream_ended_early"),
        ("no-message-stop", State.FAILED, "stream_ended_early"),
        ("empty", State.FAILED, "empty_stream"),
        ("html", State.FAILED, "empty_stream"),
        ("garbage", State.FAILED, "malformed_event"),
    ],
)
async def test_trouble_has_one_outcome_and_the_next_message_works(
    say: Say, scenario: str, state: State, kind: str | None
) -> None:
    turn = await say(SendMessage, text=f"[simulate: {scenario}] Tell me about trees.")

    error = turn.error or {}
    assert (turn.state, error.get("type")) == (state, kind)
    if kind is not None:
        assert error["message"].endswith(".")
        assert error["action"] != ""

    after = await say(SendMessage, conversation=turn.conversation_id, text="Go on")
    assert outcome(after) == (State.COMPLETED, None)


async def test_stopped_answer_is_sent_back_and_accepted(
    say: Say, alice: User, simulator: Simulator
) -> None:
    simulator.pace = Pace(first_seconds=0, delta_seconds=0.01)
    provider = Provider(api_key=Secret("simulator"))
    use_client(ClaudeClient(provider, transport=SimulatorTransport(simulator)))
    command = SendMessage(
        client_id=uuid.uuid4(), text="[simulate: long chars=9000] Go."
    )
    acceptance = await start_turn(alice, command)
    live = registry.find(acceptance.turn.id)
    assert live is not None
    for _ in range(1_000):
        if any(block["type"] == "text" and block["text"] for block in _blocks(live)):
            break
        await asyncio.sleep(0.01)
    await runner.cancel(acceptance.turn.id)
    await runner.wait_for(acceptance.turn.id)
    simulator.pace = Pace(first_seconds=0, delta_seconds=0)

    stopped = await Turn.objects.aget(id=acceptance.turn.id)
    after = await say(
        SendMessage, conversation=stopped.conversation_id, text="Enough. Next?"
    )

    assert stopped.state == State.CANCELLED
    assert (await last_answer(stopped)).text != ""
    assert outcome(after) == (State.COMPLETED, None)


def _blocks(live: Any) -> list[dict[str, Any]]:
    return live.current.snapshot.blocks if live.current else []
