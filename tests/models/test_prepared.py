"""Statements that are composed once do what the same querysets do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models import Case, F, Model, QuerySet, When

from chatapp.accounts.models import User
from conversations.models import (
    Checkpoint,
    Conversation,
    Message,
    ModelCard,
    Turn,
    UsageRecord,
)
from conversations.models.conversation import find_visible
from conversations.models.ids import uuid7
from conversations.models.message import find_path
from conversations.models.model_card import find_card
from conversations.models.prefix import find_prefix
from conversations.models.prepared import (
    PreparedDelete,
    PreparedInsert,
    PreparedQuery,
    PreparedUpdate,
)
from conversations.usage.recording import Round, record_usage
from tests.prompts.conftest import Thread, thread

__all__ = ["thread"]

BLOCK = {"type": "text", "text": "half of a \ud83d"}


@pytest.fixture
def turn(thread: Thread) -> Turn:
    thread.user("Why is the sky blue?")
    turn = thread.turn(error={"type": "none"}, documents=[{"title": None}])
    record_usage(Round(turn.id, 1, 1, turn.model, "msg_1", "", {"input_tokens": 3}))
    return turn


def columns(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.fields}


@pytest.mark.parametrize("model", [Turn, Message, Conversation, UsageRecord, ModelCard])
def test_rows_are_those_of_the_queryset(turn: Turn, model: type[Model]) -> None:
    rows = model._default_manager.order_by("pk")
    wanted = rows[0]
    query = PreparedQuery(lambda pk: rows.filter(pk=pk), pk=model._meta.pk)

    found = [query.first(pk=wanted.pk) for _ in range(2)]

    for row in found:
        assert row is not None
        assert columns(row) == columns(wanted)
        assert not row._state.adding
    assert query.rows(pk=uuid7() if model is not ModelCard else "none") == []


def test_values_are_those_of_the_queryset(turn: Turn) -> None:
    def values(pk: Any) -> QuerySet[Turn, tuple[Any, ...]]:
        return Turn.objects.filter(pk=pk).values_list("id", "state", "created_at")

    query = PreparedQuery(values, pk=models.UUIDField())

    assert query.rows(pk=turn.id) == list(values(turn.id))


def test_a_statement_is_composed_once(turn: Turn) -> None:
    composed = []

    def compose(pk: Any) -> QuerySet[Turn]:
        composed.append(pk)
        return Turn.objects.filter(pk=pk)

    query = PreparedQuery(compose, pk=models.UUIDField())

    found = [query.first(pk=pk) for pk in (turn.id, uuid7(), turn.id)]

    assert found == [turn, None, turn]
    assert len(composed) == 1


def test_update_changes_the_rows_and_counts_them(turn: Turn) -> None:
    update = PreparedUpdate(
        lambda pk, error, seen, wanted: (
            Turn.objects.filter(pk=pk),
            {
                "error": error,
                "epoch": F("epoch") + 1,
                "stop_reason": Case(
                    When(stop_reason=seen, then=wanted), default="stop_reason"
                ),
            },
        ),
        pk=models.UUIDField(),
        error=Turn._meta.get_field("error"),
        seen=models.CharField(),
        wanted=models.CharField(),
    )

    counts = [
        update.run(pk=pk, error=error, seen=seen, wanted="end_turn")
        for pk, error, seen in (
            (uuid7(), None, ""),
            (turn.id, None, "other"),
            (turn.id, {"type": "api_error"}, ""),
        )
    ]

    turn.refresh_from_db()
    assert counts == [0, 1, 1]
    assert (turn.error, turn.epoch) == ({"type": "api_error"}, 2)
    assert turn.stop_reason == "end_turn"


def test_delete_takes_only_its_rows(turn: Turn) -> None:
    rows = [
        Checkpoint(turn=turn, message_id=uuid7(), round=1, index=index, block=BLOCK)
        for index in range(3)
    ]
    PreparedInsert(Checkpoint).run(*rows)
    delete = PreparedDelete(
        lambda index: Checkpoint.objects.filter(index=index),
        index=models.IntegerField(),
    )

    delete.run(index=1)

    assert list(turn.checkpoints.order_by("index").values_list("index", flat=True)) == [
        0,
        2,
    ]


def test_insert_stores_a_row_as_save_does(turn: Turn) -> None:
    def message() -> Message:
        return Message(
            conversation_id=turn.conversation_id, role="user", content=[BLOCK]
        )

    inserted, saved = message(), message()
    PreparedInsert(Message).run(inserted)
    saved.save()

    ours, theirs = (
        columns(Message.objects.get(id=row.id)) for row in (inserted, saved)
    )
    assert ours | {"id": None, "created_at": None} == theirs | {
        "id": None,
        "created_at": None,
    }
    assert ours["created_at"] == inserted.created_at
    inserted.text = "Changed"
    inserted.save()
    assert Message.objects.get(id=inserted.id).text == "Changed"


def test_insert_of_a_row_that_stands_already(turn: Turn) -> None:
    def row(text: str) -> Checkpoint:
        block = {"type": "text", "text": text}
        return Checkpoint(turn=turn, message_id=turn.id, round=1, index=0, block=block)

    def text_after(insert: PreparedInsert, text: str) -> Any:
        insert.run(row(text))
        return turn.checkpoints.get().block["text"]

    PreparedInsert(Checkpoint).run(row("first"))

    with pytest.raises(IntegrityError), transaction.atomic():
        PreparedInsert(Checkpoint).run(row("second"))
    ignoring = PreparedInsert(Checkpoint, or_ignore=True)
    assert text_after(ignoring, "third") == "first"
    updating = PreparedInsert(
        Checkpoint, or_update=["block"], unique=["turn", "round", "index"]
    )
    assert text_after(updating, "fourth") == "fourth"
    updating.run(row("fifth"), row("sixth"))
    assert turn.checkpoints.get().block["text"] == "sixth"


def test_nothing_to_insert_asks_nothing(
    db: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(0):
        PreparedInsert(Message).run()


def test_conversation_is_found_by_who_may_see_it(
    thread: Thread, alice: User, charlie: User
) -> None:
    conversation = thread.conversation

    assert find_visible(alice, conversation.id) == conversation
    assert find_visible(charlie, conversation.id) is None
    alice.is_active = False
    assert find_visible(alice, conversation.id) is None
    alice.is_active = True
    Conversation.objects.update(deleted_at=conversation.updated_at)
    assert find_visible(alice, conversation.id) is None


def test_path_leads_from_the_root_past_other_branches(thread: Thread) -> None:
    question = thread.user("One?")
    answer = thread.claude("One.")
    elsewhere = thread.user("Two?")
    thread.leaf = answer
    here = thread.user("Three?")

    assert find_path(here.id) == [question, answer, here]
    assert find_path(elsewhere.id) == [question, answer, elsewhere]
    assert [message.content for message in find_path(here.id)] == [
        message.content for message in (question, answer, here)
    ]


def test_card_and_prefix_are_found_by_their_keys(thread: Thread) -> None:
    prefix = thread.conversation.prefix
    card = ModelCard.objects.get(model_id="claude-opus-5-5")

    assert columns(find_prefix(prefix.id)) == columns(prefix)
    assert find_card(card.model_id) == card
    assert find_card("unknown") is None
