"""Calls that a person has to allow: asked once, from anywhere, and never run before."""

import asyncio
import uuid
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations.models import (
    CallState,
    Decision,
    Message,
    Permission,
    State,
    ToolCall,
    ToolPermission,
    Turn,
)
from conversations.protocol.commands import CommandRejected, SendMessage
from conversations.tools.base import Input, ToolContext, ToolResult
from conversations.tools.clock import Clock
from conversations.tools.permissions import set_permission
from conversations.turns import decisions, lease, runner
from conversations.turns.decisions import decide
from conversations.turns.start import Acceptance, start_turn
from conversations.turns.upkeep import upkeep
from conversations.turns.writer import writer
from conversations.upstream import use_client
from tests.turns.conftest import Ask, Watcher
from tests.turns.scripted import ScriptedClient, answer
from tests.turns.test_tool_rounds import calling

TOOLS = ("current_time",)
TIMEOUT_SECONDS = 5


@pytest.fixture(autouse=True)
def asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock needs leave."""
    monkeypatch.setattr(Clock, "permission", Permission.ASK)


async def until(watcher: Watcher, name: str) -> None:
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while name not in watcher.names:  # noqa: ASYNC110  nobody tells the test
            await asyncio.sleep(0.005)


async def waiting(ask: Ask, watcher: Watcher) -> Acceptance:
    acceptance: Acceptance = await ask(calling("t1"), answer("Noon"), tools=TOOLS)
    await until(watcher, "tool.waiting")
    return acceptance


async def ended(turn: Turn) -> tuple[Turn, ToolCall]:
    await runner.wait_for(turn.id)
    turn = await Turn.objects.aget(id=turn.id)
    return turn, await ToolCall.objects.aget(turn=turn)


async def result_of(turn: Turn) -> dict[str, Any]:
    message = await Message.objects.aget(turn=turn, role="user")
    [result] = message.content
    return dict(result)


async def test_allowed_call_runs(ask: Ask, watcher: Watcher, alice: User) -> None:
    acceptance = await waiting(ask, watcher)
    assert not await Message.objects.filter(role="user", turn__isnull=False).aexists()

    await decide(alice, acceptance.turn, "t1", "allow")

    turn, call = await ended(acceptance.turn)
    assert turn.state == State.COMPLETED
    assert (call.state, call.decision, call.decided_by_id) == (
        CallState.DONE,
        Decision.ALLOW,
        alice.pk,
    )
    assert call.decided_at is not None
    assert "UTC" in (await result_of(turn))["content"]
    told = [name for name in watcher.names if name.startswith("tool.")]
    assert told == ["tool.waiting", "tool.started", "tool.finished"]
    assert not await ToolPermission.objects.aexists()


async def test_denied_call_is_not_run_and_claude_is_told(
    ask: Ask, watcher: Watcher, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clock, "run", None)  # nobody may touch it
    acceptance = await waiting(ask, watcher)

    await decide(alice, acceptance.turn, "t1", "deny")

    turn, call = await ended(acceptance.turn)
    assert (turn.state, call.state) == (State.COMPLETED, CallState.DENIED)
    result = await result_of(turn)
    assert result["is_error"] is True
    assert "did not allow" in result["content"]


async def test_always_holds_from_then_on(
    ask: Ask, watcher: Watcher, alice: User
) -> None:
    acceptance = await waiting(ask, watcher)
    await decide(alice, acceptance.turn, "t1", "always")
    await ended(acceptance.turn)
    watcher.events.clear()

    again = await ask(calling("t2"), answer("One"), tools=TOOLS)

    _, call = await ended(again.turn)
    assert call.state == CallState.DONE
    assert "tool.waiting" not in watcher.names


async def test_word_of_another_person_is_their_own(
    ask: Ask, watcher: Watcher, alice: User, bob: User
) -> None:
    await writer.do(lambda: set_permission(bob.pk, "current_time", Permission.ALWAYS))

    acceptance = await waiting(ask, watcher)

    await decide(alice, acceptance.turn, "t1", "allow")
    await ended(acceptance.turn)


async def test_forbidden_tool_is_never_run(
    ask: Ask, watcher: Watcher, alice: User
) -> None:
    await writer.do(lambda: set_permission(alice.pk, "current_time", Permission.NEVER))

    acceptance = await ask(calling("t1"), answer("Noon"), tools=TOOLS)

    turn, call = await ended(acceptance.turn)
    assert call.state == CallState.DENIED
    assert "does not allow this tool" in (await result_of(turn))["content"]
    assert "tool.waiting" not in watcher.names


@pytest.mark.parametrize(
    ("call", "decision", "reason"),
    [
        ("t1", "maybe", "malformed_command"),
        ("t2", "allow", "not_waiting"),
    ],
)
async def test_word_that_means_nothing_is_refused(
    ask: Ask, watcher: Watcher, alice: User, call: str, decision: str, reason: str
) -> None:
    acceptance = await waiting(ask, watcher)

    with pytest.raises(CommandRejected) as caught:
        await decide(alice, acceptance.turn, call, decision)

    assert caught.value.type == reason


async def test_only_the_first_word_counts(
    ask: Ask, watcher: Watcher, alice: User
) -> None:
    acceptance = await waiting(ask, watcher)
    await decide(alice, acceptance.turn, "t1", "deny")

    with pytest.raises(CommandRejected) as caught:
        await decide(alice, acceptance.turn, "t1", "allow")

    assert caught.value.type == "not_waiting"
    _, call = await ended(acceptance.turn)
    assert call.state == CallState.DENIED


async def test_word_from_another_process_comes_with_the_heartbeat(
    ask: Ask, watcher: Watcher, alice: User
) -> None:
    acceptance = await waiting(ask, watcher)
    turn, pk = acceptance.turn, alice.pk

    # What a process does that does not own the turn.
    await writer.do(lambda: decisions._store(pk, turn, "t1", Decision.ALLOW))
    upkeep.beat()

    _, call = await ended(turn)
    assert call.state == CallState.DONE


async def test_waiting_turn_keeps_its_lease(
    ask: Ask, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    acceptance = await waiting(ask, watcher)
    rows = Turn.objects.filter(id=acceptance.turn.id)
    before = (await rows.aget()).lease_expires_at

    upkeep.beat()

    async def renewed() -> None:
        while (await rows.aget()).lease_expires_at == before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    await asyncio.wait_for(renewed(), lease.HEARTBEAT_SECONDS * 2)


async def test_cancelling_ends_the_wait(ask: Ask, watcher: Watcher) -> None:
    acceptance = await waiting(ask, watcher)

    await runner.cancel(acceptance.turn.id)

    turn, call = await ended(acceptance.turn)
    assert (turn.state, call.state) == (State.CANCELLED, CallState.CANCELLED)
    assert "interrupted" in (await result_of(turn))["content"]


async def test_drain_does_not_wait_for_a_person(ask: Ask, watcher: Watcher) -> None:
    acceptance = await waiting(ask, watcher)

    async with asyncio.timeout(TIMEOUT_SECONDS):
        await runner.drain(60)

    turn, call = await ended(acceptance.turn)
    assert (turn.state, call.state) == (State.INTERRUPTED, CallState.CANCELLED)


async def test_drain_lets_a_call_end_beside_one_that_waits(
    ask: Ask, watcher: Watcher, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = asyncio.Event()

    async def slow(self: Clock, context: ToolContext, tool_input: Input) -> ToolResult:
        await may_end.wait()
        return ToolResult("Noon")

    monkeypatch.setattr(Clock, "run", slow)
    acceptance = await ask(calling("t1", "t2"), tools=TOOLS)
    await until(watcher, "tool.waiting")
    await decide(alice, acceptance.turn, "t1", "allow")
    draining = asyncio.create_task(runner.drain(60))
    await asyncio.sleep(2 * runner.DRAIN_LOOK_SECONDS)
    assert not draining.done()

    may_end.set()
    async with asyncio.timeout(TIMEOUT_SECONDS):
        await draining

    calls = ToolCall.objects.filter(turn=acceptance.turn).order_by("tool_use_id")
    states = [call.state async for call in calls]
    assert states == [CallState.DONE, CallState.CANCELLED]


async def test_stopping_the_process_interrupts_and_the_history_stays_sound(
    ask: Ask, watcher: Watcher, alice: User
) -> None:
    acceptance = await waiting(ask, watcher)

    await runner.interrupt_all()

    turn, call = await ended(acceptance.turn)
    assert (turn.state, call.state) == (State.INTERRUPTED, CallState.CANCELLED)
    client = ScriptedClient(answer("Well"))
    use_client(client)
    after = await start_turn(
        alice,
        SendMessage(
            client_id=uuid.uuid4(), conversation=turn.conversation_id, text="And?"
        ),
    )
    await runner.wait_for(after.turn.id)
    [request] = client.requests
    *_, results, question = request["messages"]
    assert [block["type"] for block in results["content"]] == ["tool_result"]
    assert question["content"] == [{"type": "text", "text": "And?"}]
    assert (await Turn.objects.aget(id=after.turn.id)).repairs == []
