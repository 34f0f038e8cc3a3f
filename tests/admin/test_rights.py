"""Who may see what, and that what was seen is noted down."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import (
    Attachment,
    Batch,
    BatchItem,
    Checkpoint,
    Conversation,
    MemoryFile,
    Message,
    ModelCard,
    Prefix,
    ToolCall,
    ToolPermission,
    Turn,
    UsageRecord,
)
from tests.admin.conftest import ADMIN, Reviewer, page_of
from tests.batches.rows import ended_batch
from tests.views.conftest import Html
from tests.views.stories import Story

READ_ONLY = [
    Conversation,
    Message,
    Attachment,
    Turn,
    UsageRecord,
    Batch,
    BatchItem,
    ToolCall,
    ToolPermission,
    MemoryFile,
]
NAMES = [str(model._meta.model_name) for model in [*READ_ONLY, ModelCard]]


@pytest.fixture
def rows(story: Story, alice: User) -> dict[str, str]:
    """The key of one row of each model."""
    turn = Turn.objects.get()
    attachment = Attachment.objects.create(
        owner=alice, kind="text", name="a.txt", size_bytes=1, sent_size_bytes=1
    )
    batch = ended_batch(alice, "Secret words")
    ModelCard.objects.create(model_id="mine", display_name="Mine")
    call = ToolCall.objects.create(turn=turn, round=1, tool_use_id="t", name="x")
    memory = MemoryFile.objects.create(owner=alice, path="/memories/a", content="b")
    permission = ToolPermission.objects.create(owner=alice, key="x", permission="ask")
    return {
        "conversation": str(story.conversation.id),
        "message": str(turn.user_message_id),
        "turn": str(turn.id),
        "usagerecord": str(UsageRecord.objects.get().id),
        "attachment": str(attachment.id),
        "batch": str(batch.id),
        "batchitem": str(batch.items.get(position=0).id),
        "modelcard": "mine",
        "toolcall": str(call.id),
        "toolpermission": str(permission.id),
        "memoryfile": str(memory.id),
    }


def log() -> list[tuple[Any, ...]]:
    entries = LogEntry.objects.order_by("id")
    return list(entries.values_list("user__username", "object_repr", "change_message"))


@pytest.mark.django_db
def test_checkpoints_and_prefixes_have_no_pages_of_their_own() -> None:
    registered = admin.site._registry

    assert {Checkpoint, Prefix} & registered.keys() == set()
    assert {*READ_ONLY, ModelCard} <= registered.keys()


@pytest.mark.parametrize("name", NAMES)
def test_staff_without_permissions_see_nothing(
    sam: User, client: Client, rows: dict[str, str], name: str
) -> None:
    client.force_login(sam)
    row = rows[name]

    answers = [
        client.get(f"{ADMIN}/{name}/"),
        client.get(f"{ADMIN}/{name}/{row}/change/"),
        client.get(f"{ADMIN}/{name}/{row}/history/"),
        client.get(f"{ADMIN}/{name}/add/"),
        client.post(f"{ADMIN}/{name}/{row}/delete/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert "/conversations/" not in client.get("/admin/").text
    assert log() == []


@pytest.mark.parametrize("name", NAMES)
def test_people_who_are_not_staff_are_refused(
    alice: User, client: Client, name: str
) -> None:
    client.force_login(alice)

    assert client.get(f"{ADMIN}/{name}/", follow=True).status_code == 403


@pytest.mark.parametrize("name", NAMES)
def test_a_permission_opens_one_model_only(
    reviewer: Reviewer, rows: dict[str, str], name: str
) -> None:
    rita = reviewer(f"view_{name}")

    opened = {
        other
        for other, row in rows.items()
        if rita.get(f"{ADMIN}/{other}/").status_code == 200
        and rita.get(f"{ADMIN}/{other}/{row}/change/").status_code == 200
    }

    assert opened == {name}


@pytest.mark.parametrize("model", READ_ONLY)
def test_not_even_administrators_write(
    root: User, client: Client, rows: dict[str, str], model: type[Model]
) -> None:
    client.force_login(root)
    name = str(model._meta.model_name)
    row = rows[name]
    count = model._default_manager.count()

    answers = [
        client.get(f"{ADMIN}/{name}/add/"),
        client.post(f"{ADMIN}/{name}/{row}/change/", {"title": "Mine"}),
        client.post(f"{ADMIN}/{name}/{row}/delete/", {"post": "yes"}),
        client.post(f"{ADMIN}/{name}/", {"action": "delete_selected"}),
    ]

    assert [answer.status_code for answer in answers[:3]] == [403, 403, 403]
    assert model._default_manager.count() == count
    assert not Conversation.objects.filter(title="Mine").exists()


def test_titles_are_for_reviewers_of_conversations(
    reviewer: Reviewer, story: Story, rows: dict[str, str]
) -> None:
    rita = reviewer("view_turn", "view_message", "view_usagerecord")

    pages = [
        rita.get(f"{ADMIN}/{name}/{suffix}").text
        for name, row in rows.items()
        if name in ("message", "turn", "usagerecord")
        for suffix in ("", f"{row}/change/")
    ]

    assert len(pages) == 6
    assert [page for page in pages if story.conversation.title in page] == []


def test_a_viewing_is_noted_down(
    reviewer: Reviewer, story: Story, rows: dict[str, str]
) -> None:
    rita = reviewer("view_conversation", "view_message")
    leaf = story.conversation.leaf_id

    rita.get(f"{ADMIN}{page_of(story)}")
    rita.get(f"{ADMIN}{page_of(story)}?leaf={leaf}")
    rita.get(f"{ADMIN}/message/{rows['message']}/change/")

    assert log() == [
        ("rita", "Conversation of alice", "Viewed."),
        ("rita", "Conversation of alice", f"Viewed the branch of message {leaf}."),
        ("rita", "Message of alice", "Viewed."),
    ]


def test_the_history_of_a_conversation_names_its_readers(
    reviewer: Reviewer, story: Story
) -> None:
    rita = reviewer("view_conversation")
    rita.get(f"{ADMIN}{page_of(story)}")

    history = Html(rita.get(f"{ADMIN}/conversation/{story.conversation.id}/history/"))

    assert history.texts("td") == ["rita", "Viewed."]


def test_a_list_is_no_viewing(reviewer: Reviewer, story: Story) -> None:
    rita = reviewer("view_conversation", "view_message")

    rita.get(f"{ADMIN}/conversation/")
    listed = rita.get(f"{ADMIN}/message/")

    assert log() == []
    # So it shows nothing of what was said.
    assert "Question 0" not in listed.text
