"""Claude finds in other conversations exactly what its person would."""

import uuid

import pytest
from django.utils import timezone

from chatapp.accounts.models import User
from conversations.models import Conversation, Message
from conversations.tools.base import ToolContext
from conversations.tools.search import MAX_HITS, SearchConversations, find_excerpts
from tests.prompts.conftest import Thread


def talk(user: User, question: str, answer: str = "Well.", **fields: str) -> Thread:
    thread = Thread(user)
    thread.user(question)
    thread.claude(answer, **fields)
    for message in thread.conversation.messages.all():
        text = "".join(block["text"] for block in message.content)
        Message.objects.filter(pk=message.pk).update(text=text)
    Conversation.objects.filter(pk=thread.conversation.pk).update(title="Talk")
    return thread


def search(user: User, query: str, here: Thread | None = None) -> list[str]:
    place = here.conversation.id if here else uuid.uuid4()
    context = ToolContext(user.pk, place, uuid.uuid4())
    return find_excerpts(context, query.split())


def test_all_words_must_occur(alice: User) -> None:
    talk(alice, "Where do blue whales sleep?")
    talk(alice, "Where do whales eat?")

    [found] = search(alice, "WHALES blue")

    today = f"{timezone.now():%Y-%m-%d}"
    assert found == f"Talk ({today})\nThe person: Where do blue whales sleep?"


def test_long_messages_are_excerpts(alice: User) -> None:
    talk(alice, f"{'x' * 1000} whale {'y' * 1000}")

    [found] = search(alice, "whale")

    assert "…" in found
    assert " whale " in found
    assert len(found) < 400


def test_nobody_finds_what_they_may_not_see(alice: User, bob: User) -> None:
    secret = talk(bob, "a whale of bob's")
    deleted = talk(alice, "a deleted whale")
    here = talk(alice, "this whale")
    talk(alice, "Tell me.", "a refused whale", stop_reason="refusal")
    Conversation.objects.filter(pk=deleted.conversation.pk).update(
        deleted_at=timezone.now()
    )

    assert search(alice, "whale", here) == []
    assert len(search(bob, "whale", here)) == 1
    assert search(bob, "whale", secret) == []


def test_newest_come_first_and_not_too_many(alice: User) -> None:
    for number in range(MAX_HITS + 2):
        talk(alice, f"whale {number}")

    found = search(alice, "whale")

    assert len(found) == MAX_HITS
    assert found[0].endswith(f"whale {MAX_HITS + 1}")


@pytest.mark.usefixtures("async_db")
async def test_nothing_found_is_said(alice: User) -> None:
    context = ToolContext(alice.pk, uuid.uuid4(), uuid.uuid4())

    result = await SearchConversations().run(context, {"query": "whale"})

    assert (result.content, result.is_error) == ("Nothing was found.", False)
