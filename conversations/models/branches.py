"""The tree of a conversation in one query: its branches without their content."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Self
from uuid import UUID

from .conversation import Conversation
from .message import Message


class Node(NamedTuple):
    """A message's place in the tree."""

    id: UUID
    parent_id: UUID | None
    role: str
    turn_id: UUID | None


class Branches:
    """Every message's place; ids sort by time, so the newest child is the last one."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self._children: dict[UUID | None, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            self._children[node.parent_id].append(node)

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        rows = conversation.messages.order_by("id")
        return cls(
            Node(*row) for row in rows.values_list("id", "parent_id", "role", "turn_id")
        )

    def path(self, leaf_id: UUID | None) -> list[Node]:
        """Return the way from the root to `leaf_id`, root first."""
        path = []
        while leaf_id is not None and (node := self.nodes.get(leaf_id)):
            path.append(node)
            leaf_id = node.parent_id
        return path[::-1]

    def messages_to(self, leaf_id: UUID | None) -> list[Message]:
        """Return the messages from the root to `leaf_id`, root first; one query."""
        ids = [node.id for node in self.path(leaf_id)]
        messages = Message.objects.in_bulk(ids)
        return [messages[message_id] for message_id in ids]

    def newest_leaf(self, message_id: UUID) -> UUID:
        """Follow the newest children below a message to the end of its branch."""
        while children := self._children.get(message_id):
            message_id = children[-1].id
        return message_id

    def versions(self, node: Node) -> list[UUID]:
        """Return the messages that stand in the same place, oldest first."""
        return [
            sibling.id
            for sibling in self._children[node.parent_id]
            if sibling.role == node.role
        ]

    def answers_to(self, message_id: UUID, *, except_turn: UUID) -> list[UUID]:
        """Return the answers of other turns to a person's message, oldest first."""
        children = self._children.get(message_id, [])
        return [
            child.id for child in children if child.turn_id not in (None, except_turn)
        ]

    def of_turn(self, turn_id: UUID) -> list[Node]:
        """Return the messages that a turn wrote, in the order of its rounds."""
        nodes = [node for node in self.nodes.values() if node.turn_id == turn_id]
        parents = {node.parent_id for node in nodes}
        last = next((node.id for node in nodes if node.id not in parents), None)
        return [node for node in self.path(last) if node.turn_id == turn_id]
