"""Turns from their commit to their closing event, with what is stored and told."""

import asyncio
import threading
import uuid
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chatapp.accounts.models import User
from conversations.claude import (
    InvalidRequest,
    RateLimited,
    StreamEndedEarly,
    UpstreamOverloaded,
)
from conversations.models import Checkpoint, Message, State, Turn, UsageRecord
from conversations.protocol import events
from conversations.protocol.commands import SendMessage
from conversations.protocol.events import CLOSING_EVENTS
from conversations.turns import runner
from conversations.turns.hub import Encoded, conversation_topic, hub
from conversations.turns.publisher import snapshot_event
from conversations.turns.registry import registry
from conversations.turns.start import Acceptance, start_turn
from conversations.turns.writer import writer
from conversations.upstream import use_client
from tests.turns.conftest import Ask, Watcher
from tests.turns.decoding import event_of
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


async def stored(turn: Turn) -> tuple[Turn, list[Message]]:
    turn = await Turn.objects.aget(id=turn.id)
    answers = Message.objects.filter(turn=turn).order_by("round")
    return turn, [message async for message in answers]


def shown_text(watcher: Watcher) -> str:
    return "".join(
        event.delta["text"]
        for event in watcher.events
        if isinstance(event, events.BlockDelta)
    )


async def test_answer_is_streamed_stored_and_booked(ask: Ask, watcher: Watcher) -> None:
    acceptance = await ask(answer("Hel", "lo"))
    await runner.wait_for(acceptance.turn.id)

    turn, answers = await stored(acceptance.turn)
    assert watcher.names == [
        "message.accepted",
        "turn.started",
        "block.started",
        "block.delta",
        "block.delta",
        "block.finished",
        "usage.updated",
        "turn.completed",
    ]
    assert (turn.state, turn.stop_reason) == (State.COMPLETED, "end_turn")
    assert [message.content for message in answers] == [
        [{"type": "text", "text": "Hello"}]
    ]
    assert shown_text(watcher) == answers[0].text == "Hello"
    record = await UsageRecord.objects.aget(turn=turn)
    assert (record.input_tokens, record.output_tokens) == (10, 5)
    # claude-opus-5-5 costs 4 and 20 USD per million tokens.
    assert record.cost_usd == Decimal("0.00014")
    assert not record.is_estimated


async def test_events_are_numbered_without_a_gap(ask: Ask, watcher: Watcher) -> None:
    acceptance = await ask(answer("a", "b", "c"))
    await runner.wait_for(acceptance.turn.id)

    numbered = [e for e in watcher.events if isinstance(e, events.TurnEvent)]
    assert [(event.epoch, event.seq) for event in numbered] == [
        (1, number) for number in range(1, len(numbered) + 1)
    ]


async def test_leaf_follows_the_answer(ask: Ask) -> None:
    acceptance = await ask(answer("Hello"))
    await runner.wait_for(acceptance.turn.id)

    conversation = acceptance.conversation
    await conversation.arefresh_from_db()
    _, answers = await stored(acceptance.turn)
    assert conversation.leaf_id == answers[0].id
    assert answers[0].parent_id == acceptance.message.id


async def test_signatures_are_stored_but_not_shown(ask: Ask, watcher: Watcher) -> None:
    script = [started(), *thinking(0, "Hm"), *text(1, "Hello"), *ended()]

    acceptance = await ask(script)
    await runner.wait_for(acceptance.turn.id)

    _, answers = await stored(acceptance.turn)
    assert answers[0].content[0] == {
        "type": "thinking",
        "thinking": "Hm",
        "signature": "signed",
    }
    assert "signed" not in "".join(str(event) for event in watcher.events)


async def test_pause_makes_two_messages_and_two_bookings(ask: Ask) -> None:
    acceptance = await ask(
        answer("One. ", stop_reason="pause_turn", message_id="msg_1"),
        answer("Two.", message_id="msg_2"),
    )
    await runner.wait_for(acceptance.turn.id)

    turn, answers = await stored(acceptance.turn)
    assert [(message.round, message.text) for message in answers] == [
        (1, "One. "),
        (2, "Two."),
    ]
    assert answers[1].parent_id == answers[0].id
    assert await UsageRecord.objects.filter(turn=turn).acount() == 2


class Hang:
    """A script's step that waits until it is cancelled."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await asyncio.sleep(60)


async def test_cancel_keeps_finished_blocks_and_the_open_text(
    ask: Ask, watcher: Watcher
) -> None:
    hang = Hang()
    script = [started(), *thinking(0, "Hm"), *text(1, "Hel")[:2], hang]

    acceptance = await ask(script)
    await hang.reached.wait()
    await runner.cancel(acceptance.turn.id)
    await runner.wait_for(acceptance.turn.id)

    turn, answers = await stored(acceptance.turn)
    assert turn.state == State.CANCELLED
    assert [b["type"] for b in answers[0].content] == ["thinking", "text"]
    assert answers[0].text == "Hel"
    assert watcher.names[-1] == "turn.cancelled"
    record = await UsageRecord.objects.aget(turn=turn)
    assert record.is_estimated


async def test_cancel_before_any_text_keeps_nothing(ask: Ask, watcher: Watcher) -> None:
    hang = Hang()
    open_thinking = block(
        0,
        {"type": "thinking", "thinking": ""},
        {"type": "thinking_delta", "thinking": "H"},
    )
    acceptance = await ask([started(), *open_thinking[:2], hang])
    await hang.reached.wait()
    await runner.cancel(acceptance.turn.id)
    await runner.wait_for(acceptance.turn.id)

    turn, answers = await stored(acceptance.turn)
    assert (turn.state, answers) == (State.CANCELLED, [])
    closing = watcher.events[-1]
    assert isinstance(closing, events.TurnCancelled)
    assert closing.leaf is None


async def test_cancelling_an_ended_turn_does_nothing(ask: Ask) -> None:
    acceptance = await ask(answer("Hello"))
    await runner.wait_for(acceptance.turn.id)

    await runner.cancel(acceptance.turn.id)

    turn, _ = await stored(acceptance.turn)
    assert (turn.state, turn.cancel_requested_at) == (State.COMPLETED, None)


async def test_break_after_text_keeps_it_and_says_why(
    ask: Ask, watcher: Watcher
) -> None:
    acceptance = await ask(
        [started(), *text(0, "Hel")[:2], StreamEndedEarly("cut", request_id="req_9")]
    )
    await runner.wait_for(acceptance.turn.id)

    turn, answers = await stored(acceptance.turn)
    assert turn.state == State.FAILED
    assert turn.error == {
        "type": "stream_ended_early",
        "message": "The connection to Claude broke before the answer was complete.",
        "retryable": True,
        "request_id": "req_9",
        "action": "retry",
    }
    assert answers[0].text == "Hel"
    closing = watcher.events[-1]
    assert isinstance(closing, events.TurnFailed)
    assert (closing.leaf, closing.error) == (answers[0].id, turn.error)


async def test_failed_attempt_is_replaced_in_what_is_shown(
    ask: Ask, watcher: Watcher
) -> None:
    lost = [started("msg_lost"), text(0, "")[0], UpstreamOverloaded("busy")]

    acceptance = await ask(lost, answer("Hello", message_id="msg_2"))
    await runner.wait_for(acceptance.turn.id)

    assert watcher.names[1:6] == [
        "turn.started",
        "block.started",
        "turn.retrying",
        "turn.snapshot",
        "block.started",
    ]
    snapshot = watcher.events[4]
    assert isinstance(snapshot, events.TurnSnapshot)
    assert [message["blocks"] for message in snapshot.messages] == [[]]
    _, answers = await stored(acceptance.turn)
    assert [message.text for message in answers] == ["Hello"]
    attempts = UsageRecord.objects.filter(turn=acceptance.turn).order_by("attempt")
    assert [(record.attempt, record.is_estimated) async for record in attempts] == [
        (1, True),
        (2, False),
    ]


async def test_refusal_is_completed_with_its_details(ask: Ask) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    script = [started(), *text(0, "I"), *ended("refusal")]
    script[-2]["delta"]["stop_details"] = details

    acceptance = await ask(script)
    await runner.wait_for(acceptance.turn.id)

    turn, answers = await stored(acceptance.turn)
    assert (turn.state, turn.stop_reason) == (State.COMPLETED, "refusal")
    assert answers[0].stop_details == details


async def test_stopping_the_process_interrupts_and_keeps_the_text(
    ask: Ask, watcher: Watcher
) -> None:
    hang = Hang()
    acceptance = await ask([started(), *text(0, "Hel")[:2], hang])
    await hang.reached.wait()

    await runner.interrupt_all()

    turn, answers = await stored(acceptance.turn)
    assert turn.state == State.INTERRUPTED
    assert answers[0].text == "Hel"
    assert watcher.names[-1] == "turn.interrupted"
    assert len(registry) == 0


async def test_our_own_mistake_ends_the_turn_too(
    ask: Ask, watcher: Watcher, caplog: Any
) -> None:
    async def mistake() -> None:
        raise ZeroDivisionError

    acceptance = await ask([started(), mistake])
    await runner.wait_for(acceptance.turn.id)

    turn, _ = await stored(acceptance.turn)
    assert turn.state == State.FAILED
    assert turn.error["type"] == "internal_error"
    assert "ZeroDivisionError" in caplog.text


async def test_error_keeps_the_words_of_its_row(ask: Ask) -> None:
    acceptance = await ask(
        [RateLimited("slow down", request_id="req_2", retry_after_seconds=3.0)]
    )
    await runner.wait_for(acceptance.turn.id)

    turn, answers = await stored(acceptance.turn)
    assert answers == []
    assert (turn.error["type"], turn.error["action"]) == ("rate_limit_error", "wait")


async def test_running_answer_is_checkpointed_and_cleaned_up(ask: Ask) -> None:
    hang = Hang()
    acceptance = await ask([started(), *text(0, "Hel")[:2], hang])
    await hang.reached.wait()

    for _ in range(100):
        rows = [row async for row in Checkpoint.objects.filter(turn=acceptance.turn)]
        if rows:
            break
        await asyncio.sleep(0.05)

    assert [(row.index, row.block, row.is_finished) for row in rows] == [
        (0, {"type": "text", "text": "Hel"}, False)
    ]
    await runner.cancel(acceptance.turn.id)
    await runner.wait_for(acceptance.turn.id)
    assert await sync_to_async(Checkpoint.objects.count)() == 0


async def test_first_answer_brings_a_title(ask: Ask, watcher: Watcher) -> None:
    acceptance = await ask(answer("Hello"), text="What is a good name for a cat?")
    await runner.wait_for(acceptance.turn.id)
    assert acceptance.conversation.title == "What is a good name for a cat?"

    for _ in range(100):
        await acceptance.conversation.arefresh_from_db()
        if acceptance.conversation.title == "A title":
            break
        await asyncio.sleep(0.05)

    assert acceptance.conversation.title == "A title"


async def test_turn_is_launched_although_its_request_was_hung_up(
    ask: Ask, watcher: Watcher
) -> None:
    gate = threading.Event()
    blocked = asyncio.ensure_future(writer.do(gate.wait))
    request = asyncio.create_task(ask(answer("Hello")))
    await asyncio.sleep(0.05)  # the commit waits behind the gate
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    gate.set()
    await blocked

    for _ in range(200):
        if await Turn.objects.filter(state=State.COMPLETED).aexists():
            break
        await asyncio.sleep(0.02)

    assert await Turn.objects.filter(state=State.COMPLETED).acount() == 1


async def test_cancel_before_the_first_step_ends_the_turn(
    ask: Ask, watcher: Watcher
) -> None:
    acceptance = await ask(answer("Hello"))

    # Nothing was awaited since the launch: the task has not begun.
    await runner.cancel(acceptance.turn.id)
    await runner.wait_for(acceptance.turn.id)

    turn, _ = await stored(acceptance.turn)
    assert turn.state == State.CANCELLED
    assert len(registry) == 0


async def test_turn_runs_no_more_when_its_end_is_told(ask: Ask) -> None:
    running_at_the_end: list[bool] = []

    class Asker:
        """Looks, as a tab that begins to watch at this very moment would."""

        def deliver(self, batch: list[Encoded]) -> None:
            running_at_the_end.extend(
                registry.find(event.turn) is not None
                for event in map(event_of, batch)
                if isinstance(event, CLOSING_EVENTS)
            )

    for script in (
        answer("Hello"),
        [started(), *text(0, "Hel")[:2], StreamEndedEarly("cut")],
    ):
        acceptance = await ask(script)
        hub.subscribe(conversation_topic(acceptance.conversation.id), Asker())
        await runner.wait_for(acceptance.turn.id)

    assert running_at_the_end == [False, False]


UNREADABLE = InvalidRequest(
    "messages.1.content.0: Invalid `signature` in `thinking` block"
)


async def signed_conversation(alice: User, watcher: Watcher) -> Acceptance:
    """Return a conversation whose answer begins with signed thinking."""
    use_client(
        ScriptedClient([started(), *thinking(0, "Hm"), *text(1, "First"), *ended()])
    )
    command = SendMessage(client_id=uuid.uuid4(), text="Hi")
    first = await start_turn(alice, command, before_launch=watcher.watch)
    await runner.wait_for(first.turn.id)
    return first


async def test_thinking_that_the_api_refuses_is_left_out_and_said(
    watcher: Watcher, alice: User
) -> None:
    first = await signed_conversation(alice, watcher)
    client = ScriptedClient([UNREADABLE], answer("Second", message_id="msg_2"))
    use_client(client)
    command = SendMessage(
        client_id=uuid.uuid4(), conversation=first.conversation.id, text="And?"
    )

    second = await start_turn(alice, command)
    await runner.wait_for(second.turn.id)

    turn = await Turn.objects.aget(id=second.turn.id)
    assert turn.state == State.COMPLETED
    assert [repair["type"] for repair in turn.repairs] == ["thinking_stripped"]
    refused, mended = client.requests
    assert refused["messages"][1]["content"][0]["type"] == "thinking"
    assert [block["type"] for block in mended["messages"][1]["content"]] == ["text"]
    snapshots = [event for event in watcher.events if event.name == "turn.snapshot"]
    assert snapshots[-1].state["repairs"] == turn.repairs  # type: ignore[attr-defined]


async def test_refusal_that_no_repair_helps_ends_the_turn(
    watcher: Watcher, alice: User
) -> None:
    first = await signed_conversation(alice, watcher)
    use_client(ScriptedClient([UNREADABLE], [UNREADABLE]))
    command = SendMessage(
        client_id=uuid.uuid4(), conversation=first.conversation.id, text="And?"
    )

    second = await start_turn(alice, command)
    await runner.wait_for(second.turn.id)

    turn = await Turn.objects.aget(id=second.turn.id)
    assert (turn.state, turn.error["type"]) == (State.FAILED, "invalid_request_error")


async def test_answer_that_cannot_be_stored_ends_the_turn_all_the_same(
    ask: Ask, watcher: Watcher
) -> None:
    begun = {**text(0, "Hi")[0]}
    begun["content_block"] = {"type": "text", "text": "", "odd": {1, 2}}
    script = [started(), begun, *text(0, "Hi")[1:], *ended()]

    acceptance = await ask(script)
    await runner.wait_for(acceptance.turn.id)

    turn, answers = await stored(acceptance.turn)
    assert (turn.state, turn.error["type"], answers) == (
        State.FAILED,
        "internal_error",
        [],
    )
    assert watcher.names[-1] == "turn.failed"
    assert registry.find(turn.id) is None


async def test_snapshot_of_a_waiting_turn_says_how_long_it_still_waits(
    watcher: Watcher, alice: User
) -> None:
    asleep, awake = asyncio.Event(), asyncio.Event()

    async def sleep(_seconds: float) -> None:
        asleep.set()
        await awake.wait()

    busy: Script = [started("msg_lost"), UpstreamOverloaded("busy")]
    use_client(ScriptedClient(busy, answer("Hello", message_id="msg_2"), sleep=sleep))
    command = SendMessage(client_id=uuid.uuid4(), text="Hi")
    acceptance = await start_turn(alice, command, before_launch=watcher.watch)
    await asleep.wait()
    live = registry.find(acceptance.turn.id)
    assert live is not None

    waiting = snapshot_event(live)
    awake.set()
    await runner.wait_for(live.id)
    told = next(
        event for event in watcher.events if isinstance(event, events.TurnRetrying)
    )

    assert waiting.retrying is not None
    assert 0 <= waiting.retrying["delay_seconds"] <= told.delay_seconds
    assert waiting.retrying["attempt"] == told.attempt == 1
    assert snapshot_event(live).retrying is None


async def test_late_owner_notes_nothing_with_its_turn(ask: Ask) -> None:
    begun, held = asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        begun.set()
        await held.wait()

    acceptance = await ask([pause, UNREADABLE])
    await begun.wait()
    await Turn.objects.filter(id=acceptance.turn.id).aupdate(owner="other", epoch=2)
    live = registry.find(acceptance.turn.id)
    assert live is not None
    assert live.task is not None

    held.set()
    await asyncio.wait([live.task])

    turn = await Turn.objects.aget(id=acceptance.turn.id)
    assert (turn.state, turn.owner, turn.epoch) == (State.RUNNING, "other", 2)
    assert turn.repairs == []
