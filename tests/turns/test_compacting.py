"""Conversations are compacted against the strict simulator, and go on."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations import catalog
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.models import (
    Compaction,
    Conversation,
    Message,
    ModelCard,
    Purpose,
    State,
    Turn,
    UsageRecord,
)
from conversations.protocol.commands import (
    CommandRejected,
    EditMessage,
    RetryTurn,
    SendMessage,
)
from conversations.simulator import Pace, Simulator, SimulatorTransport
from conversations.turns import compaction_due, compaction_rows, runner
from conversations.turns.claims import claims
from conversations.turns.compacting import compactor
from conversations.turns.hub import conversation_topic, hub
from conversations.turns.start import StartCommand, start_turn
from conversations.turns.writer import writer
from conversations.upstream import use_client
from tests.turns.conftest import Watcher

type Say = Callable[..., Awaitable[Turn]]
type Json = dict[str, Any]


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(pace=0)


@pytest.fixture
async def say(turns: None, alice: User, simulator: Simulator) -> AsyncIterator[Say]:
    """Return a function that carries out a command and returns the ended turn."""
    provider = Provider(api_key=Secret("simulator"))
    transport = SimulatorTransport(simulator)
    use_client(ClaudeClient(provider, transport=transport, max_retries=0))
    await catalog.refresh_cards()

    async def carry_out(kind: type[StartCommand], **fields: Any) -> Turn:
        acceptance = await start_turn(alice, kind(client_id=uuid.uuid4(), **fields))
        await runner.wait_for(acceptance.turn.id)
        turn = await Turn.objects.select_related("user_message").aget(
            id=acceptance.turn.id
        )
        assert (turn.state, turn.error) == (State.COMPLETED, None)
        return turn

    yield carry_out
    await compactor.stop()


async def compact(user: User, turn: Turn, **fields: Any) -> Compaction:
    """Compact the conversation of a turn, and wait for the end."""
    row = await compactor.start(user, turn.conversation_id, **fields)
    await compactor.wait_for(row.id)
    return await Compaction.objects.aget(id=row.id)


async def answer_of(turn: Turn) -> Message:
    answer = await Message.objects.filter(turn=turn).order_by("-round").afirst()
    assert answer is not None
    return answer


def requests(simulator: Simulator) -> list[Json]:
    """Return the bodies of the conversation's requests, titles left out."""
    bodies = [json.loads(kept.raw_body or b"{}") for kept in simulator.requests]
    return [body for body in bodies if body.get("stream")]


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("claude-opus-5-5", "block"),
        ("claude-fable-5-2", "block"),
        ("claude-haiku-4-5", "summary"),
    ],
)
async def test_it_stands_for_what_was_said_and_the_conversation_goes_on(
    say: Say, alice: User, simulator: Simulator, model: str, kind: str
) -> None:
    turn = await say(SendMessage, text="My name is Ada.", model=model)
    conversation = turn.conversation_id
    turn = await say(SendMessage, conversation=conversation, text="And?", model=model)

    row = await compact(alice, turn)
    later = await say(SendMessage, conversation=conversation, text="Why?", model=model)
    last = await say(SendMessage, conversation=conversation, text="So?", model=model)

    assert (row.state, row.kind, row.error) == (State.COMPLETED, kind, None)
    assert row.message_id == (await answer_of(turn)).id
    assert row.message_count == 4
    assert "My name is Ada." in row.summary
    assert row.tokens_before
    assert row.tokens_after
    *_, body = requests(simulator)
    assert body["messages"][0]["content"] == row.content
    assert [len(body["messages"]), body["messages"][1]["content"][0]["text"]] == [
        4,
        "Why?",
    ]
    assert last.repairs == later.repairs == []


async def test_it_is_paid_for_beside_the_answer(say: Say, alice: User) -> None:
    turn = await say(SendMessage, text="Hi")

    row = await compact(alice, turn)

    record = await UsageRecord.objects.aget(turn=turn, purpose=Purpose.COMPACTION)
    assert (
        record.input_tokens
        + record.cache_read_input_tokens
        + (record.cache_creation_input_tokens)
        == row.tokens_before
    )
    assert record.cost_usd
    assert not record.is_estimated


async def test_another_model_reads_it_in_words(
    say: Say, alice: User, simulator: Simulator
) -> None:
    turn = await say(SendMessage, text="My name is Ada.")
    conversation = turn.conversation_id
    row = await compact(alice, turn)

    for model in ("claude-haiku-4-5", "claude-sonnet-5-5", "claude-opus-5-5"):
        await say(SendMessage, conversation=conversation, text="Hm?", model=model)

    firsts = [body["messages"][0] for body in requests(simulator)[-3:]]
    assert firsts[0]["role"] == "user"
    assert firsts[0]["content"][0]["text"].endswith(row.summary)
    assert [first["content"] for first in firsts[1:]] == [row.content, row.content]


async def test_a_branch_from_before_knows_nothing_of_it(
    say: Say, alice: User, simulator: Simulator
) -> None:
    first = await say(SendMessage, text="One")
    second = await say(SendMessage, conversation=first.conversation_id, text="Two")
    await compact(alice, second)

    await say(EditMessage, message=second.user_message_id, text="Two, better")
    edited = requests(simulator)[-1]
    await say(RetryTurn, turn=first.id)

    assert [message["role"] for message in edited["messages"]] == [
        "user",
        "assistant",
        "user",
    ]
    assert "betas" not in edited
    assert len(requests(simulator)[-1]["messages"]) == 1


async def test_it_is_compacted_again(
    say: Say, alice: User, simulator: Simulator
) -> None:
    turn = await say(SendMessage, text="My name is Ada.")
    await compact(alice, turn)
    turn = await say(SendMessage, conversation=turn.conversation_id, text="And?")

    second = await compact(alice, turn)
    await say(SendMessage, conversation=turn.conversation_id, text="Go on")

    assert (second.state, second.message_count) == (State.COMPLETED, 4)
    assert "My name is Ada." in second.summary
    assert requests(simulator)[-1]["messages"][0]["content"] == second.content


async def test_nothing_new_and_nothing_at_all_are_refused(
    say: Say, alice: User, bob: User
) -> None:
    turn = await say(SendMessage, text="Hi")
    await compact(alice, turn)

    with pytest.raises(CommandRejected, match="compacted already"):
        await compact(alice, turn)
    with pytest.raises(CommandRejected, match="no such conversation"):
        await compact(bob, turn)
    with pytest.raises(CommandRejected, match="no such message"):
        await compact(alice, turn, leaf=uuid.uuid4())
    assert await Compaction.objects.acount() == 1


async def test_a_turn_that_overtakes_it_is_accepted_afterwards(
    say: Say, alice: User, simulator: Simulator
) -> None:
    first = await say(SendMessage, text="Hi")
    leaf = (await answer_of(first)).id
    second = await say(SendMessage, conversation=first.conversation_id, text="And?")

    row = await compact(alice, first, leaf=leaf)
    assert row.message_id == leaf
    await say(SendMessage, conversation=first.conversation_id, text="So?")

    assert row.newest_turn == second.id
    kinds = [
        block["type"]
        for message in requests(simulator)[-1]["messages"]
        for block in message["content"]
    ]
    assert kinds == ["compaction", "text", "text", "text"]


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("no-summary", "no_summary"),
        ("529 code=compaction_unavailable", "overloaded_error"),
        ("400 code=compaction_incomplete_turn", "invalid_request_error"),
        ("cut after=0", "stream_ended_early"),
    ],
)
@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-haiku-4-5"])
async def test_a_failure_says_why_and_may_be_tried_again(
    say: Say, alice: User, scenario: str, kind: str, model: str
) -> None:
    turn = await say(SendMessage, text="Hi", model=model)

    row = await compact(alice, turn, instructions=f"[simulate: {scenario}]")
    again = await compact(alice, turn)

    assert row.error is not None
    assert (row.state, row.error["type"]) == (State.FAILED, kind)
    assert row.error["message"].endswith(".")
    assert (row.content, again.state) == ([], State.COMPLETED)
    await say(SendMessage, conversation=turn.conversation_id, text="Go on")


async def test_it_can_be_cancelled_and_everybody_is_told(
    say: Say, alice: User, simulator: Simulator
) -> None:
    turn = await say(SendMessage, text="Hi", model="claude-haiku-4-5")
    watcher = Watcher()
    hub.subscribe(conversation_topic(turn.conversation_id), watcher)
    simulator.pace = Pace(first_seconds=60, delta_seconds=0)

    row = await compactor.start(alice, turn.conversation_id)
    again = await compactor.start(alice, turn.conversation_id)
    await asyncio.sleep(0.05)
    await compactor.cancel(row.id)
    await compactor.wait_for(row.id)

    assert again.id == row.id
    ended = await Compaction.objects.aget(id=row.id)
    assert (ended.state, ended.content) == (State.CANCELLED, [])
    told = [event.as_json()["compaction"] for event in watcher.events]
    states = [compaction["state"] for compaction in told]
    assert states == ["running", "running", "cancelled"]


async def test_another_process_may_ask_for_the_end(
    say: Say, alice: User, simulator: Simulator
) -> None:
    turn = await say(SendMessage, text="Hi")
    simulator.pace = Pace(first_seconds=60, delta_seconds=0)
    row = await compactor.start(alice, turn.conversation_id)

    await writer.do(lambda: compaction_rows.ask_to_cancel(row.id))
    await compactor.look()
    await compactor.wait_for(row.id)

    assert (await Compaction.objects.aget(id=row.id)).state == State.CANCELLED


async def test_a_process_that_stops_leaves_it_to_the_next(
    say: Say, alice: User, simulator: Simulator
) -> None:
    turn = await say(SendMessage, text="Hi")
    simulator.pace = Pace(first_seconds=60, delta_seconds=0)
    row = await compactor.start(alice, turn.conversation_id)
    await asyncio.sleep(0.05)

    await compactor.stop()
    left = await Compaction.objects.aget(id=row.id)
    simulator.pace = Pace(first_seconds=0, delta_seconds=0)
    await compactor.look()
    await compactor.wait_for(row.id)

    assert (left.state, left.attempts) == (State.QUEUED, 0)
    assert (await Compaction.objects.aget(id=row.id)).state == State.COMPLETED


@pytest.mark.parametrize(
    ("attempts", "state"), [(1, State.COMPLETED), (2, State.INTERRUPTED)]
)
async def test_a_dead_owners_is_begun_again_once(
    say: Say, alice: User, attempts: int, state: State
) -> None:
    turn = await say(SendMessage, text="Hi")
    row = await Compaction.objects.acreate(
        conversation_id=turn.conversation_id,
        message=await answer_of(turn),
        asked_by=alice,
        model=turn.model,
        state=State.RUNNING,
        owner="somebody else",
        attempts=attempts,
    )

    await compactor.look()
    await compactor.wait_for(row.id)

    await row.arefresh_from_db()
    assert row.state == state
    assert (row.error is None) == (state == State.COMPLETED)


async def test_a_process_that_answers_nothing_leaves_it_to_the_workers(
    say: Say, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await say(SendMessage, text="Hi")
    monkeypatch.setattr(claims, "is_answering", False)

    row = await compactor.start(alice, turn.conversation_id)
    await compactor.look()
    waiting = await Compaction.objects.aget(id=row.id)
    monkeypatch.setattr(claims, "is_answering", True)
    await compactor.look()
    await compactor.wait_for(row.id)

    assert waiting.state == State.QUEUED
    assert (await Compaction.objects.aget(id=row.id)).state == State.COMPLETED


async def grown(turn: Turn, *, window: int) -> list[Compaction]:
    """Look again, as after the turn, with a window of so many tokens."""
    await ModelCard.objects.filter(model_id=turn.model).aupdate(max_input_tokens=window)
    compaction_due.consider(turn, {"input_tokens": 600, "output_tokens": 200})
    await compaction_due.settle()
    return [row async for row in Compaction.objects.all()]


async def test_a_conversation_is_compacted_by_itself_before_it_is_full(
    say: Say, alice: User
) -> None:
    turn = await say(SendMessage, text="Hi")
    watcher = Watcher()
    hub.subscribe(conversation_topic(turn.conversation_id), watcher)
    await Conversation.objects.aupdate(compacts_itself=True)

    with_room = await grown(turn, window=2_000)
    [asked] = await grown(turn, window=1_000)
    again = await grown(turn, window=1_000)
    await compactor.look()
    await compactor.wait_for(asked.id)
    afterwards = await grown(turn, window=1_000)

    assert with_room == []
    assert (asked.state, asked.asked_by_id) == (State.QUEUED, None)
    assert again == [asked]
    [row] = afterwards
    assert (row.state, row.message_id) == (State.COMPLETED, (await answer_of(turn)).id)
    states = [event.as_json()["compaction"]["state"] for event in watcher.events]
    assert states == ["queued", "completed"]


async def test_nothing_is_compacted_unasked_where_nobody_wants_it(say: Say) -> None:
    turn = await say(SendMessage, text="Hi")

    assert await grown(turn, window=1_000) == []


async def test_an_answer_that_fills_the_window_is_looked_at(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def is_due(turn: Turn, tokens: int) -> bool:
        looked.append(tokens)
        return False

    monkeypatch.setattr(compaction_rows, "is_due", is_due)
    first = await say(SendMessage, text="Hi")
    await Conversation.objects.aupdate(compacts_itself=True)
    turn = await say(SendMessage, conversation=first.conversation_id, text="And?")
    await compaction_due.settle()

    record = await UsageRecord.objects.aget(turn=turn, purpose=Purpose.ANSWER)
    cached = record.cache_creation_input_tokens + record.cache_read_input_tokens
    assert looked == [record.input_tokens + cached + record.output_tokens]


def test_of_several_samplings_the_last_answer_counts() -> None:
    iterations = [
        {"type": "message", "input_tokens": 900, "output_tokens": 5},
        {"type": "compaction", "input_tokens": 800, "output_tokens": 50},
        {"type": "message", "input_tokens": 100, "output_tokens": 20},
    ]

    tokens = compaction_due.context_tokens({"iterations": iterations})

    assert tokens == 120
