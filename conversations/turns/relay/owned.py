"""This process's turns and the processes that watch them: the owner's side."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from conversations.turns.hub import encode
from conversations.turns.live import LiveTurn
from conversations.turns.publisher import snapshot_event
from conversations.turns.registry import Registry

from .wire import Announced, Answered, Asked, Letter, Refused

type Send = Callable[[str, Letter], None]

# ours: how much of snapshots is made at a time. After an outage everybody asks at once.
SNAPSHOTS_AT_ONCE_BYTES = 1024 * 1024


@dataclass
class _Own:
    live: LiveTurn
    watchers: set[str] = field(default_factory=set)


class OwnTurns:
    """Knows who watches what, and answers who begins to."""

    def __init__(self, registry: Registry, send: Send) -> None:
        self._registry = registry
        self._send = send
        self._own: dict[UUID, _Own] = {}
        self._asked: deque[tuple[str, Asked]] = deque()

    def __iter__(self) -> Iterator[Announced]:
        for own in self._own.values():
            yield _announcement(own.live)

    def add(self, live: LiveTurn) -> Announced:
        self._own[live.id] = _Own(live)
        return _announcement(live)

    def remove(self, live: LiveTurn) -> None:
        """Forget a run. A later one of the same turn, after a loss, stays."""
        own = self._own.get(live.id)
        if own is not None and own.live is live:
            del self._own[live.id]

    def watchers(self, turn_id: UUID) -> set[str] | None:
        """Return the processes that watch a turn of ours; None if it is not ours."""
        own = self._own.get(turn_id)
        return None if own is None else own.watchers

    def ask(self, process: str, asked: Asked) -> None:
        """Take the wish of another process to watch."""
        self._asked.append((process, asked))

    def answer(self, has_room: Callable[[int], bool]) -> None:
        """Answer in turn, as long as there is room for that many bytes."""
        while self._asked and has_room(SNAPSHOTS_AT_ONCE_BYTES):
            self._answer(*self._asked.popleft())

    def _answer(self, process: str, asked: Asked) -> None:
        own, live = self._own.get(asked.turn), self._registry.find(asked.turn)
        if own is None or live is None:
            self._send(process, Refused(asked.turn, asked.ref))
            return
        # Registered and photographed in one step: the events above the snapshot
        # follow it, and none is missing in between.
        own.watchers.add(process)
        snapshot = encode(snapshot_event(live)).text
        self._send(
            process, Answered(live.id, live.conversation_id, asked.ref, snapshot)
        )

    def unwatch(self, process: str, conversation_id: UUID) -> None:
        for own in self._own.values():
            if own.live.conversation_id == conversation_id:
                own.watchers.discard(process)

    def drop(self, process: str) -> None:
        """Forget a process that is gone."""
        for own in self._own.values():
            own.watchers.discard(process)

    def outrun(self, turn_id: UUID, epoch: int) -> None:
        """Give up a turn that another process answers by now."""
        own = self._own.get(turn_id)
        if own is not None and own.live.epoch < epoch:
            own.watchers.clear()
            own.live.lose()

    def forget_watchers(self) -> None:
        """Begin anew: they have to ask again."""
        self._asked.clear()
        for own in self._own.values():
            own.watchers.clear()


def _announcement(live: LiveTurn) -> Announced:
    return Announced(live.id, live.conversation_id, live.epoch)
