"""An answered item goes on as a conversation, and results leave as files."""

import csv
import io
import json
from functools import partial

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chatapp.accounts.models import User
from conversations.batches.opening import open_item
from conversations.batches.sheets import as_csv, as_jsonl
from conversations.catalog import card_for
from conversations.models import Batch, Conversation, State
from conversations.prompts.build import build_prompt
from tests.batches.rows import ended_batch, message

pytestmark = pytest.mark.django_db


def test_an_answer_becomes_a_conversation(alice: User) -> None:
    item = ended_batch(alice, "Haus").items.get(position=0)

    conversation = open_item(item.id)

    assert conversation is not None
    assert (conversation.owner, conversation.title) == (alice, "word 0")
    question, answer = conversation.messages.order_by("id")
    assert (question.text, question.content) == (
        "Translate word 0 into German.",
        item.content,
    )
    assert answer == conversation.leaf
    assert (answer.content, answer.upstream_id) == (item.message["content"], "msg_1")
    assert answer.turn is not None
    assert answer.turn.state == State.COMPLETED
    assert not answer.turn.usage.exists()


def test_it_can_be_gone_on_with(alice: User) -> None:
    item = ended_batch(alice, "Haus").items.get(position=0)
    conversation = open_item(item.id)
    assert conversation is not None
    turn = conversation.turns.get()
    turn.user_message = conversation.messages.create(
        parent=conversation.leaf,
        role="user",
        content=[{"type": "text", "text": "And in Latin?"}],
    )

    prompt = build_prompt(turn, card_for(turn.model))

    assert [one["role"] for one in prompt.params["messages"]] == [
        "user",
        "assistant",
        "user",
    ]
    assert not prompt.needs_mending


def test_opening_twice_is_opening_once(alice: User) -> None:
    item = ended_batch(alice, "Haus").items.get(position=0)

    first = open_item(item.id)
    assert first is not None
    assert open_item(item.id) == first
    first.deleted_at = timezone.now()
    first.save()

    assert open_item(item.id) != first
    assert Conversation.objects.count() == 2


def test_without_an_answer_there_is_nothing_to_open(alice: User) -> None:
    item = ended_batch(alice).items.get()

    assert open_item(item.id) is None


def test_a_refusal_stays_one(alice: User) -> None:
    item = ended_batch(alice, "No").items.get(position=0)
    item.message = message("No", stop_reason="refusal", stop_details={"type": "x"})
    item.save()

    conversation = open_item(item.id)

    assert conversation is not None
    assert conversation.leaf is not None
    assert conversation.leaf.is_refused


async def lines_of(batch: Batch) -> list[list[str]]:
    text = "".join([chunk async for chunk in as_csv(batch)])
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.usefixtures("async_db")
class TestFiles:
    async def test_csv_has_a_line_for_every_row(self, alice: User) -> None:
        make = partial(ended_batch, alice, 'He said "Haus",\nloudly', "-12.5")
        batch = await sync_to_async(make)()

        heads, *rows = await lines_of(batch)

        assert heads[:5] == ["word", "language", "answer", "outcome", "error"]
        paid = ["end_turn", "1200", "34", "0.0025"]
        error = "Claude is overloaded at the moment."
        assert rows == [
            ["word 0", "German", 'He said "Haus",\nloudly', "succeeded", "", *paid],
            ["word 1", "German", "-12.5", "succeeded", "", *paid],
            ["broken", "German", "", "errored", error, "", "", "", ""],
        ]

    async def test_no_cell_is_a_formula(self, alice: User) -> None:
        make = partial(ended_batch, alice, '=HYPERLINK("http://x")', "@SUM(A1)")
        batch = await sync_to_async(make)()

        rows = await lines_of(batch)

        assert [row[2] for row in rows[1:3]] == [
            '\'=HYPERLINK("http://x")',
            "'@SUM(A1)",
        ]

    async def test_jsonl_is_what_claude_gave(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("conversations.batches.sheets.ITEMS_AT_ONCE", 2)
        make = partial(ended_batch, alice, "a", "b", "c")
        batch = await sync_to_async(make)()

        text = "".join([chunk async for chunk in as_jsonl(batch)])

        lines = [json.loads(line) for line in text.splitlines()]
        assert [line["row"]["word"] for line in lines] == [
            "word 0",
            "word 1",
            "word 2",
            "broken",
        ]
        assert lines[0]["result"] == {"type": "succeeded", "message": message("a")}
        assert lines[3]["result"]["error"]["type"] == "overloaded_error"
