"""The tree of a conversation, read and kept."""

from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chatapp.accounts.models import User
from conversations.models import Conversation, Message, Role
from conversations.models.branches import MIN_KEPT_NODES, Branches, Node
from conversations.models.ids import uuid7
from conversations.models.kept_trees import KeptTrees
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


class Tree:
    def __init__(self, count: int) -> None:
        self.nodes = range(count)


def ids(count: int) -> list[UUID]:
    return [uuid7() for _ in range(count)]


def test_the_tree_that_was_used_longest_ago_goes_first() -> None:
    first, second, third = ids(3)
    trees = KeptTrees[Tree](max_nodes=10)
    trees.keep(first, Tree(5))
    trees.keep(second, Tree(5))
    trees.find(first)

    trees.keep(third, Tree(5))

    assert trees.find(first) is not None
    assert trees.find(second) is None
    assert trees.find(third) is not None


def test_a_tree_that_is_too_large_is_not_kept() -> None:
    small, large = ids(2)
    trees = KeptTrees[Tree](max_nodes=10)
    trees.keep(small, Tree(1))

    trees.keep(large, Tree(11))

    assert trees.find(large) is None


def test_a_newer_tree_takes_the_place_of_the_former_one() -> None:
    (conversation_id,) = ids(1)
    trees = KeptTrees[Tree](max_nodes=10)
    for _ in range(5):
        newest = Tree(8)
        trees.keep(conversation_id, newest)

    assert trees.find(conversation_id) is newest
