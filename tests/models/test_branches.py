"""The tree of a conversation, read and kept."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chatapp.accounts.models import User
from conversations.models import Conversation, Message, Role
from conversations.models.branches import MIN_KEPT_NODES, Branches, Node
from conversations.prompts.prefix import new_prefix


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return Conversation.objects.create(
        owner=alice, prefix=new_prefix(alice), updated_at=timezone.now()
    )


def add(conversation: Conversation, parent: Message | None = None) -> Message:
    return Message.objects.create(
        conversation=conversation, parent=parent, role=Role.USER, content=[]
    )


def add_chain(conversation: Conversation, count: int) -> Message:
    leaf = add(conversation)
    for _ in range(count - 1):
        leaf = add(conversation, leaf)
    return leaf


def test_it_knows_each_message_by_its_place(conversation: Conversation) -> None:
    first = add(conversation)
    second = add(conversation, first)

    branches = Branches.of(conversation)

    assert list(branches.nodes.values()) == [
        Node(first.id, None, "user", None),
        Node(second.id, first.id, "user", None),
    ]
    assert branches.children(first.id) == [branches.nodes[second.id]]
    assert branches.children(second.id) == ()


def test_a_short_conversation_is_read_each_time(
    conversation: Conversation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add(conversation)

    for _ in range(2):
        with django_assert_num_queries(1):
            Branches.of(conversation)


def test_a_long_conversation_is_kept(conversation: Conversation) -> None:
    add_chain(conversation, MIN_KEPT_NODES)

    assert Branches.of(conversation) is Branches.of(conversation)


def test_a_message_more_is_seen_at_once(conversation: Conversation) -> None:
    leaf = add_chain(conversation, MIN_KEPT_NODES)
    Branches.of(conversation)

    newest = add(conversation, leaf)

    assert Branches.of(conversation).newest_leaf(leaf.id) == newest.id


def test_a_message_in_place_of_one_that_was_taken_back_is_seen(
    conversation: Conversation,
) -> None:
    leaf = add_chain(conversation, MIN_KEPT_NODES)
    gone = add(conversation, leaf)
    Branches.of(conversation)
    Message.objects.filter(id=gone.id).delete()

    other = add(conversation, leaf)

    assert Branches.of(conversation).newest_leaf(leaf.id) == other.id
