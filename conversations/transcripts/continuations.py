"""Which messages only ask for the rest of an answer, and what follows from that.

A reader sees the parts of such an answer as one, and not what asked for the rest.
"""

from collections.abc import Sequence, Set
from typing import Self
from uuid import UUID

from conversations.models import Conversation, Role, Turn
from conversations.models.branches import Branches, Node


class Continuations:
    """The tree of a conversation, read as whole answers."""

    def __init__(self, branches: Branches, asking: Set[UUID]) -> None:
        self._branches = branches
        self._asking = asking

    @classmethod
    def of(cls, branches: Branches, conversation: Conversation) -> Self:
        turns = Turn.objects.filter(conversation=conversation)
        asking = turns.filter(continues__isnull=False).values_list("user_message_id")
        return cls(branches, {message_id for (message_id,) in asking})

    def asks_for_rest(self, message_id: UUID) -> bool:
        """Say whether a person's message only asks for the rest of an answer."""
        return message_id in self._asking

    def is_beginning(self, path: Sequence[Node], place: int) -> bool:
        """Say whether a question or an answer begins at a place of a path."""
        node = path[place]
        if node.turn_id is None:
            return not self.asks_for_rest(node.id)
        if place == 0:
            return True
        before = path[place - 1]
        return before.turn_id != node.turn_id and not self.asks_for_rest(before.id)

    def stretches(self, nodes: Sequence[Node]) -> list[list[Node]]:
        """Cut a path that begins with a question or an answer into such."""
        stretches: list[list[Node]] = []
        for place, node in enumerate(nodes):
            if place == 0 or self.is_beginning(nodes, place):
                stretches.append([])
            stretches[-1].append(node)
        return stretches

    def beginning(self, path: Sequence[Node], place: int) -> int:
        """Step back to where the question or the answer at a place begins."""
        while 0 < place < len(path) and not self.is_beginning(path, place):
            place -= 1
        return place

    def questions_beside(self, node: Node) -> list[UUID]:
        """Return the questions that stand in the same place, oldest first."""
        versions = self._branches.versions(node)
        return [version for version in versions if version not in self._asking]

    def answers_to(self, question_id: UUID) -> list[UUID]:
        """Return a message of each answer to a question, oldest first.

        An answer that was continued in two ways counts as two.
        """
        return [
            found
            for child in self._branches.children(question_id)
            if child.role == Role.ASSISTANT
            for found in self._ends(child)
        ]

    def version_of(self, first_id: UUID) -> UUID:
        """Return by which message `answers_to` names the answer that ends with a turn.

        `first_id` is the first message of that turn. Where the conversation went on
        with the answer continued and not, the question that came instead tells them
        apart.
        """
        first = self._branches.nodes[first_id]
        questions = self._followers(first, asking=False)
        return questions[-1].id if questions and self._rests(first) else first_id

    def _ends(self, first: Node) -> list[UUID]:
        rests = self._rests(first)
        ends = [end for rest in rests for end in self._ends(rest)]
        if not rests or self._followers(first, asking=False):
            ends.append(self.version_of(first.id))
        return sorted(ends)

    def _rests(self, first: Node) -> list[Node]:
        """Return the first message of each answer that goes on with the turn's."""
        asks = self._followers(first, asking=True)
        return [
            rest
            for ask in asks
            for rest in self._branches.children(ask.id)
            if rest.role == Role.ASSISTANT
        ]

    def _followers(self, first: Node, *, asking: bool) -> list[Node]:
        """Return the messages of a person that follow the turn of `first`."""
        children = self._branches.children(self._last_of_turn(first).id)
        return [
            child
            for child in children
            if child.turn_id is None and self.asks_for_rest(child.id) == asking
        ]

    def _last_of_turn(self, first: Node) -> Node:
        last = first
        while later := [
            child
            for child in self._branches.children(last.id)
            if child.turn_id == first.turn_id
        ]:
            last = later[-1]
        return last
