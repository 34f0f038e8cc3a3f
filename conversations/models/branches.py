"""The tree of a conversation: its branches without their content."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import CharField, Count, ExpressionWrapper, F, Max
from django.db.models.functions import Cast

from .conversation import Conversation
from .kept import Kept
from .message import Role

# ours: fewer are read as fast as it is found out whether they are all
MIN_KEPT_NODES = 100
# ours: about 10 MB, twenty conversations of 1,000 messages
MAX_KEPT_NODES = 20_000


class Node(NamedTuple):
    """A message's place in the tree."""

    id: UUID
    parent_id: UUID | None
    role: str
    turn_id: UUID | None

    @property
    def has_results(self) -> bool:
        """Whether it holds the results of tools, which no person has written."""
        return self.turn_id is not None and self.role == Role.USER


class Branches:
    """Every message's place; ids sort by time, so the newest child is the last one."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        children: dict[UUID | None, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            children[node.parent_id].append(node)
        self._children = dict(children)

    @classmethod
    def of(cls, conversation: Conversation) -> "Branches":
        """Return the tree as it is now. It may be shared: nobody may change it.

        Messages are only added, and their places never change, so a tree that was read
        before holds as long as it has the same number and the same newest message.
        """
        kept = _kept.find(conversation.id)
        if kept and kept.tip == _tip(conversation):
            return kept
        branches = cls(_read(conversation))
        if len(branches.nodes) >= MIN_KEPT_NODES:
            _kept.keep(conversation.id, branches)
        return branches

    @property
    def tip(self) -> tuple[int, UUID | None]:
        """How many messages there are, and the newest one."""
        return len(self.nodes), next(reversed(self.nodes), None)

    def children(self, message_id: UUID | None) -> Sequence[Node]:
        """Return the messages that follow one, oldest first."""
        return self._children.get(message_id, ())

    def path(self, leaf_id: UUID | None) -> list[Node]:
        """Return the way from the root to `leaf_id`, root first."""
        path = []
        while leaf_id is not None and (node := self.nodes.get(leaf_id)):
            path.append(node)
            leaf_id = node.parent_id
        return path[::-1]

    def said(self, message_id: UUID | None) -> UUID | None:
        """Return a message, or the answer whose tools it has the results of.

        Results are shown with their calls: nobody but us knows their messages.
        """
        node = self.nodes.get(message_id) if message_id else None
        return node.parent_id if node and node.has_results else message_id

    def newest_leaf(self, message_id: UUID) -> UUID:
        """Follow the newest children below a message to the end of its branch."""
        while children := self.children(message_id):
            message_id = children[-1].id
        return message_id

    def versions(self, node: Node) -> list[UUID]:
        """Return the messages that stand in the same place, oldest first."""
        return [
            sibling.id
            for sibling in self.children(node.parent_id)
            if sibling.role == node.role and sibling.has_results == node.has_results
        ]

    def answers_to(self, message_id: UUID, *, except_turn: UUID) -> list[UUID]:
        """Return the answers of other turns to a person's message, oldest first."""
        return [
            child.id
            for child in self.children(message_id)
            if child.turn_id not in (None, except_turn)
        ]

    def of_turn(self, turn_id: UUID) -> list[Node]:
        """Return the messages that a turn wrote, in the order of its rounds."""
        nodes = [node for node in self.nodes.values() if node.turn_id == turn_id]
        parents = {node.parent_id for node in nodes}
        last = next((node.id for node in nodes if node.id not in parents), None)
        return [node for node in self.path(last) if node.turn_id == turn_id]


_kept = Kept[UUID, Branches](MAX_KEPT_NODES, lambda tree: len(tree.nodes))


def _tip(conversation: Conversation) -> tuple[int, UUID | None]:
    """Read what `Branches.tip` tells of a tree."""
    # As text: PostgreSQL before 18 has no max() of its UUIDs.
    newest = Max(Cast("id", CharField()))
    tip = conversation.messages.aggregate(count=Count("id"), newest=newest)
    return tip["count"], tip["newest"] and UUID(tip["newest"])


def _read(conversation: Conversation) -> Iterator[Node]:
    rows = conversation.messages.order_by("id").values_list(
        _as_stored("id"), _as_stored("parent"), "role", _as_stored("turn")
    )
    # An id comes as itself, as a parent and with each message of its turn.
    uuid = cache(_uuid)
    for message_id, parent_id, role, turn_id in rows:
        yield Node(
            uuid(message_id),
            parent_id and uuid(parent_id),
            role,
            turn_id and uuid(turn_id),
        )


def _as_stored(name: str) -> "ExpressionWrapper[Any]":
    # Django's way from SQLite's text to a UUID takes as long as all the rest.
    return ExpressionWrapper(F(name), CharField())


def _uuid(stored: str | UUID) -> UUID:
    return stored if isinstance(stored, UUID) else UUID(stored)
