"""Turns whose rounds call tools: what is sent, and what is stored of it."""

import uuid
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations.claude import StreamEndedEarly
from conversations.models import Conversation, Message, State, Turn
from conversations.models.reading import read
from conversations.prompts.prefix import new_prefix
from conversations.protocol.commands import CommandRejected, ContinueTurn, SendMessage
from conversations.turns import runner
from conversations.turns.engine import (
    LAST_WORD,
    MAX_ROUNDS,
    RoundFinished,
    ToolsFinished,
    TooManyRounds,
    run_turn,
)
from conversations.turns.start import start_turn
from conversations.upstream import use_client
from tests.turns.conftest import Ask
from tests.turns.scripted import (
    Script,
    ScriptedClient,
    answer,
    block,
    ended,
    started,
    text,
    thinking,
)


def calling(*ids: str, name: str = "current_time", said: str = "") -> Script:
    """Return a round that thinks, says something and calls a tool by each id."""
    events = [started("msg_tools"), *thinking(0, "Hm"), *text(1, said or "Looking.")]
    for index, call_id in enumerate(ids, 2):
        call = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": ""}
        events += block(index, call, delta)
    return [*events, *ended("tool_use")]


async def stored(turn: Turn) -> list[Message]:
    return [
        message async for message in Message.objects.filter(turn=turn).order_by("id")
    ]


async def answer_with(results: list[dict[str, Any]], *scripts: Script) -> Any:
    """Run the engine with a runner of tools that returns these results."""
    client = ScriptedClient(*scripts)
    calls: list[Any] = []

    async def run_tools(made: Any) -> list[dict[str, Any]]:
        calls.append(list(made))
        return results

    params = {"model": "m", "tools": [{}], "messages": [{"role": "user"}]}
    steps = [step async for step in run_turn(client, params, run_tools=run_tools)]
    return client, calls, steps


async def test_results_follow_the_calls_as_one_message() -> None:
    results = [{"type": "tool_result", "tool_use_id": "a", "content": "12:00"}]

    client, calls, steps = await answer_with(results, calling("a", "b"), answer("Noon"))

    assert [[call.id for call in made] for made in calls] == [["a", "b"]]
    assert [s for s in steps if isinstance(s, RoundFinished | ToolsFinished)] == [
        RoundFinished(is_last=False),
        ToolsFinished(results),
        RoundFinished(is_last=True),
    ]
    _, said, answered = client.requests[1]["messages"]
    assert [block["type"] for block in said["content"]] == [
        "thinking",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert answered == {"role": "user", "content": results}


async def test_last_round_is_told_and_its_calls_are_not_run() -> None:
    results = [{"type": "tool_result", "tool_use_id": "a", "content": "12:00"}]
    scripts = [calling("a") for _ in range(MAX_ROUNDS)]

    with pytest.raises(TooManyRounds):
        await answer_with(results, *scripts)


async def test_word_before_the_last_round_is_in_the_result() -> None:
    results = [{"type": "tool_result", "tool_use_id": "a", "content": "12:00"}]
    scripts = [calling("a") for _ in range(MAX_ROUNDS - 1)]

    client, calls, _ = await answer_with(results, *scripts, answer("Noon"))

    assert len(calls) == MAX_ROUNDS - 1
    before, last = (
        client.requests[-2]["messages"][-1],
        client.requests[-1]["messages"][-1],
    )
    assert before["content"] == results
    assert last["content"][0]["content"] == [
        {"type": "text", "text": "12:00"},
        {"type": "text", "text": LAST_WORD},
    ]


async def test_results_are_stored_between_the_rounds(ask: Ask) -> None:
    acceptance = await ask(calling("toolu_1"), answer("Noon."), tools=("current_time",))
    await runner.wait_for(acceptance.turn.id)

    turn = await Turn.objects.aget(id=acceptance.turn.id)
    assert (turn.state, turn.error) == (State.COMPLETED, None)
    called, results, said = await stored(turn)
    assert [(m.role, m.round) for m in (called, results, said)] == [
        ("assistant", 1),
        ("user", 1),
        ("assistant", 2),
    ]
    assert [m.parent_id for m in (called, results, said)] == [
        acceptance.message.id,
        called.id,
        results.id,
    ]
    [result] = results.content
    assert (result["type"], result["tool_use_id"]) == ("tool_result", "toolu_1")
    assert "UTC" in result["content"]
    assert results.text == ""
    conversation = await Conversation.objects.aget(id=turn.conversation_id)
    assert conversation.leaf_id == said.id


async def test_next_turn_sends_the_same_rounds_again(ask: Ask, alice: User) -> None:
    acceptance = await ask(calling("toolu_1"), answer("Noon."), tools=("current_time",))
    await runner.wait_for(acceptance.turn.id)
    client = ScriptedClient(answer("Yes"))
    use_client(client)
    again = SendMessage(
        client_id=uuid.uuid4(), conversation=acceptance.conversation.id, text="Sure?"
    )

    after = await start_turn(alice, again)
    await runner.wait_for(after.turn.id)

    [request] = client.requests
    assert [tool["name"] for tool in request["tools"]] == ["current_time"]
    assert [message["role"] for message in request["messages"]] == [
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert request["messages"][2]["content"][0]["tool_use_id"] == "toolu_1"


async def test_break_after_the_tools_keeps_their_results(ask: Ask, alice: User) -> None:
    acceptance = await ask(
        calling("toolu_1"),
        [started(), *text(0, "No")[:2], StreamEndedEarly("cut")],
        tools=("current_time",),
    )
    await runner.wait_for(acceptance.turn.id)
    turn = await Turn.objects.aget(id=acceptance.turn.id)
    assert turn.state == State.FAILED
    *_, last = await stored(turn)
    client = ScriptedClient(answer("on."))
    use_client(client)

    rest = await start_turn(alice, ContinueTurn(client_id=uuid.uuid4(), turn=turn.id))
    await runner.wait_for(rest.turn.id)

    assert rest.message.parent_id == last.id
    assert "No" in rest.message.text
    [request] = client.requests
    assert [message["role"] for message in request["messages"]][-3:] == [
        "user",
        "assistant",
        "user",
    ]


async def test_turn_stopped_after_the_results_ends_with_them(
    ask: Ask, alice: User
) -> None:
    acceptance = await ask(
        calling("toolu_1"), [StreamEndedEarly("cut")], tools=("current_time",)
    )
    await runner.wait_for(acceptance.turn.id)

    conversation = await Conversation.objects.aget(id=acceptance.conversation.id)
    _, results = await stored(acceptance.turn)
    assert conversation.leaf_id == results.id
    client = ScriptedClient(answer("Noon"))
    use_client(client)
    rest = await start_turn(
        alice, ContinueTurn(client_id=uuid.uuid4(), turn=acceptance.turn.id)
    )
    await runner.wait_for(rest.turn.id)
    [request] = client.requests
    # The results and the request for the rest are two messages of one role.
    assert [message["role"] for message in request["messages"]] == [
        "user",
        "assistant",
        "user",
        "user",
    ]
    assert rest.versions == [rest.message.id]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"tools": ("nothing",)}, "unknown_tool")],
)
async def test_tools_nobody_offers_are_refused(
    ask: Ask, fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CommandRejected) as caught:
        await ask(answer("Hi"), **fields)

    assert caught.value.type == reason


async def test_tools_of_a_conversation_cannot_be_chosen_later(
    ask: Ask, alice: User
) -> None:
    first = await ask(answer("Hi"))
    await runner.wait_for(first.turn.id)

    with pytest.raises(CommandRejected) as caught:
        await ask(
            answer("Hi"), conversation=first.conversation.id, tools=("current_time",)
        )

    assert caught.value.type == "tools_are_fixed"


async def test_prefix_holds_the_definitions(turns: None, alice: User) -> None:
    tools = [{"name": "x", "input_schema": {"type": "object"}}]

    prefix = await read(new_prefix, alice, tools)

    await prefix.arefresh_from_db()
    assert prefix.tools == tools
