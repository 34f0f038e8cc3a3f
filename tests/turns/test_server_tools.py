"""Conversations with the servers' tools, against the strict simulator."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations import catalog
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.models import Message, Prefix, State, Turn
from conversations.protocol.commands import SendMessage
from conversations.simulator import Simulator, SimulatorTransport
from conversations.turns import runner
from conversations.turns.start import start_turn
from conversations.upstream import use_client

ALL = ("web_search", "web_fetch", "code_execution")

type Say = Callable[..., Awaitable[Turn]]


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(pace=0)


@pytest.fixture
async def say(turns: None, alice: User, simulator: Simulator) -> Say:
    """Return a function that sends a message and returns the ended turn."""
    transport = SimulatorTransport(simulator)
    provider = Provider(api_key=Secret("simulator"))
    use_client(ClaudeClient(provider, transport=transport, max_retries=0))
    await catalog.refresh_cards()

    async def carry_out(text: str, **fields: Any) -> Turn:
        command = SendMessage(client_id=uuid.uuid4(), text=text, **fields)
        acceptance = await start_turn(alice, command)
        await runner.wait_for(acceptance.turn.id)
        return await Turn.objects.select_related("conversation").aget(
            id=acceptance.turn.id
        )

    return carry_out


async def types_of(turn: Turn) -> list[str]:
    answer = await Message.objects.aget(turn=turn)
    kinds = [block["type"] for block in answer.content]
    return [kind for kind in dict.fromkeys(kinds) if kind not in ("text", "thinking")]


@pytest.mark.parametrize(
    ("scenario", "result"),
    [
        ("web_search query=bees times=2", "web_search_tool_result"),
        ("web_fetch", "web_fetch_tool_result"),
        ("code files=1", "code_execution_tool_result"),
        ("code bash=1 exit=1", "bash_code_execution_tool_result"),
        ("web_search error=unavailable", "web_search_tool_result"),
    ],
)
async def test_what_the_servers_did_is_taken_back(
    say: Say, scenario: str, result: str
) -> None:
    turn = await say(f"Please. [simulate: {scenario}]", tools=ALL)
    after = await say("And now?", conversation=turn.conversation_id)

    assert [turn.state, after.state] == [State.COMPLETED] * 2, (turn.error, after.error)
    assert await types_of(turn) == ["server_tool_use", result]


async def test_the_tools_stand_in_the_prefix(say: Say) -> None:
    turn = await say("Hello", tools=("code_execution", "web_search"))

    prefix = await Prefix.objects.aget(id=turn.conversation.prefix_id)
    assert prefix.tools == [
        {
            "type": "web_search_20260318",
            "name": "web_search",
            "allowed_callers": ["direct"],
        },
        {"type": "code_execution_20260521", "name": "code_execution"},
    ]


async def test_code_goes_on_where_it_ran_before(say: Say, simulator: Simulator) -> None:
    turn = await say("[simulate: code]", tools=("code_execution",))
    chat = turn.conversation_id
    await say("And now?", conversation=chat)
    again = await say("[simulate: code]", conversation=chat)

    kept = [m.container async for m in Message.objects.filter(role="assistant")]
    sent = [
        request.body.get("container")
        for request in simulator.requests
        if request.path == "/v1/messages" and request.body.get("tools")
    ]
    assert again.state == State.COMPLETED
    assert kept[0].startswith("container_sim")
    assert kept == [kept[0], "", kept[0]]
    assert sent == [None, kept[0], kept[0]]
