"""Tells other processes what happens here, and hears from them.

docs/architecture.md has the handshake of a process that begins to watch a turn.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from conversations.models import State, Turn
from conversations.protocol.events import Event, TurnEvent
from conversations.turns.health import Health
from conversations.turns.hub import (
    Encoded,
    Hub,
    Subscriber,
    Topic,
    conversation_topic,
)
from conversations.turns.live import LiveTurn
from conversations.turns.registry import Registry
from conversations.turns.trouble import RELAY_UNAVAILABLE

from .owned import OwnTurns
from .watched import Latest, Watched
from .wire import (
    EVERYBODY,
    Announced,
    Answered,
    Asked,
    Letter,
    OwnerWoken,
    Refused,
    Returned,
    Told,
    Unwatched,
    WorkersWoken,
)

if TYPE_CHECKING:
    from .link import RedisLink

logger = logging.getLogger(__name__)

# ours: after an outage of Redis the processes come back one after the other
RETURN_SECONDS = 1.0


def _nothing() -> None:
    """Do nothing: nobody wants to be woken."""


class Relay:
    """One process's link to the others. Does nothing while it is not started."""

    def __init__(
        self, hub: Hub, registry: Registry, health: Health, latest: Latest
    ) -> None:
        # Called on the loop: a turn of ours has word in its row; a turn waits.
        self.on_wake_owner: Callable[[], None] = _nothing
        self.on_wake_workers: Callable[[], None] = _nothing
        self._hub = hub
        self._health = health
        self._own = OwnTurns(registry, self._send)
        self._watched = Watched(hub, self._send, latest)
        self._link: RedisLink | None = None
        self._process = ""
        self._was_away = False
        self._telling: asyncio.TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        return self._link is not None

    @property
    def is_connected(self) -> bool:
        return self._link is not None and self._link.is_up

    async def start(self, url: str, *, process: str, namespace: str) -> None:
        """Join the processes of `namespace`; a Redis that is away is tried again.

        Returns after the first attempt. Raises ValueError for a wrong URL.
        """
        from .link import RedisLink  # noqa: PLC0415  redis is an extra: only here it is needed

        self._process = process
        self._link = RedisLink(url, process=process, namespace=namespace, listener=self)
        self._hub.carrier = self
        await self._link.start()

    async def stop(self) -> None:
        """Say what is still to be said, and leave."""
        link, self._link = self._link, None
        if link is None:
            return
        await link.stop()
        self._hub.carrier = None
        self._watched.stop()
        self._own.forget_watchers()
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        self._was_away = False

    # What the owner of a turn calls

    def announce(self, live: LiveTurn) -> None:
        """Offer a turn that this process has begun to answer."""
        self._send(EVERYBODY, self._own.add(live))

    def release(self, live: LiveTurn) -> None:
        """Let go of a turn, after its last event. Repeating is fine."""
        self._own.remove(live)

    def wake_owner(self, owner: str) -> None:
        """Tell a process that there is word in the row of one of its turns."""
        self._send(owner, OwnerWoken())

    def wake_workers(self) -> None:
        """Tell the other processes that a turn waits to be claimed."""
        self._send(EVERYBODY, WorkersWoken())

    # What a socket calls

    def ask(self, turn: Turn, subscriber: Subscriber | None = None) -> bool:
        """Have a subscriber get a snapshot of a turn that runs in another process.

        Without one, all that watch here get it. It is delivered later, from the owner
        or, if that fails, from the database. Returns False, and does nothing, if there
        is no other process to ask.
        """
        is_elsewhere = turn.state == State.RUNNING and turn.owner != self._process
        if not (self.is_connected and is_elsewhere and turn.owner):
            return False
        self._watched.ask(turn.owner, turn.id, turn.conversation_id, subscriber)
        return True

    # What the hub calls

    def wants(self, events: Sequence[Event]) -> bool:
        """Say whether another process may listen."""
        if not (self.is_connected and events):
            return False
        first = events[0]
        watchers = (
            self._own.watchers(first.turn) if isinstance(first, TurnEvent) else None
        )
        return watchers is None or bool(watchers)

    def carry(self, topic: Topic, events: list[Encoded]) -> None:
        """Send events of a turn of ours to who watches it, all others to everybody."""
        turn_id = events[0].turn_id
        watchers = None if turn_id is None else self._own.watchers(turn_id)
        told = Told(topic, events)
        for process in (EVERYBODY,) if watchers is None else tuple(watchers):
            self._send(process, told)

    def forget(self, topic: Topic) -> None:
        """Learn that nobody here listens to a topic any more."""
        if isinstance(topic.id, UUID):
            self._watched.left(topic.id)

    # What the link calls

    def came_up(self) -> None:
        for announcement in self._own:
            self._send(EVERYBODY, announcement)
        if self._was_away:
            self._send(EVERYBODY, Returned())
        self._health.recover("relay")

    def went_down(self, error: Exception) -> None:
        self._was_away = True
        self._own.forget_watchers()
        self._health.impair("relay", RELAY_UNAVAILABLE)

    def took(self, sender: str, letters: list[Letter]) -> None:
        for letter in letters:
            try:
                self._read(sender, letter)
            except Exception:
                # The letters after it are about something else.
                logger.exception("%s of %s failed.", type(letter).__name__, sender)

    def sent(self) -> None:
        self._own.answer(self._has_room)

    def reached_nobody(self, process: str) -> None:
        self._own.drop(process)
        self._watched.unreachable(process)

    def _read(self, sender: str, letter: Letter) -> None:
        match letter:
            case Told(topic, events):
                self._hub.deliver(topic, events)
            case Announced(turn, conversation, epoch):
                self._own.outrun(turn, epoch)
                if self._hub.count(conversation_topic(conversation)):
                    self._watched.ask(sender, turn, conversation)
            case Asked():
                self._own.ask(sender, letter)
                self._own.answer(self._has_room)
            case Answered():
                self._watched.answered(sender, letter)
            case Refused():
                self._watched.refused(letter)
            case Unwatched(conversation):
                self._own.unwatch(sender, conversation)
            case OwnerWoken():
                self.on_wake_owner()
            case WorkersWoken():
                self.on_wake_workers()
            case Returned():
                self._tell_of_loss_soon()

    def _tell_of_loss_soon(self) -> None:
        """Have pages ask again, once for all processes that come back now."""
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(
                RETURN_SECONDS, self._tell_of_loss
            )

    def _tell_of_loss(self) -> None:
        self._telling = None
        self._health.tell_of_loss()

    def _has_room(self, size: int) -> bool:
        return self._link is not None and self._link.waiting_bytes < size

    def _send(self, process: str, letter: Letter) -> None:
        if self._link is not None:
            self._link.send(process, letter)
