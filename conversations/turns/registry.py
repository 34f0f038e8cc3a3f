"""The running turns of this process."""

from collections.abc import Iterator
from uuid import UUID

from .live import LiveTurn


class Registry:
    """Finds running turns by their id or conversation. Used on the event loop only."""

    def __init__(self) -> None:
        self._turns: dict[UUID, LiveTurn] = {}

    def __iter__(self) -> Iterator[LiveTurn]:
        return iter(list(self._turns.values()))

    def __len__(self) -> int:
        return len(self._turns)

    def add(self, live: LiveTurn) -> None:
        self._turns[live.id] = live

    def remove(self, live: LiveTurn) -> None:
        """Forget a run. A later one of the same turn, after a loss, stays."""
        if self._turns.get(live.id) is live:
            del self._turns[live.id]

    def find(self, turn_id: UUID) -> LiveTurn | None:
        return self._turns.get(turn_id)

    def of_conversation(self, conversation_id: UUID) -> list[LiveTurn]:
        return [live for live in self if live.conversation_id == conversation_id]

    def ids(self) -> list[UUID]:
        return list(self._turns)


registry = Registry()
