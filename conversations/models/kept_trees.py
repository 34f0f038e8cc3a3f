"""Trees that were read lately, so that a long conversation is not read anew each time."""

from collections import OrderedDict
from collections.abc import Sized
from threading import Lock
from typing import Protocol
from uuid import UUID


class Tree(Protocol):
    """What can be kept: it tells how many nodes it holds."""

    @property
    def nodes(self) -> Sized: ...


class KeptTrees[T: Tree]:
    """The trees used last, up to `max_nodes` nodes in all. Threads may share it."""

    def __init__(self, max_nodes: int) -> None:
        self._max_nodes = max_nodes
        self._trees: OrderedDict[UUID, T] = OrderedDict()
        self._nodes = 0
        self._lock = Lock()

    def find(self, conversation_id: UUID) -> T | None:
        """Return a conversation's tree as it was kept, which may be out of date."""
        with self._lock:
            if tree := self._trees.get(conversation_id):
                self._trees.move_to_end(conversation_id)
            return tree

    def keep(self, conversation_id: UUID, tree: T) -> None:
        """Keep a tree in place of the conversation's former one."""
        with self._lock:
            self._forget(conversation_id)
            self._trees[conversation_id] = tree
            self._nodes += len(tree.nodes)
            while self._nodes > self._max_nodes:
                self._forget(next(iter(self._trees)))

    def _forget(self, conversation_id: UUID) -> None:
        if tree := self._trees.pop(conversation_id, None):
            self._nodes -= len(tree.nodes)
