"""Who listens to what: direct calls within this process, a carrier to the others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from conversations.models.wire import dump
from conversations.protocol.events import (
    CLOSING_EVENTS,
    Event,
    TurnEvent,
    TurnSnapshot,
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as JSON, made once for all who get it, and what is to be known of it."""

    name: str
    turn_id: UUID | None
    # Whether nothing that comes later makes up for it.
    must_arrive: bool
    text: str


class Subscriber(Protocol):
    """Somebody who gets events. `deliver` must return at once."""

    def deliver(self, events: list[Encoded]) -> None: ...


@dataclass(frozen=True, slots=True)
class Topic:
    """A conversation, or the person whose list of conversations changes."""

    kind: str
    id: object


class Carrier(Protocol):
    """What takes events to other processes."""

    def wants(self, events: Sequence[Event]) -> bool:
        """Say whether somebody elsewhere may listen."""

    def carry(self, topic: Topic, events: list[Encoded]) -> None:
        """Take events that it wants; returns at once."""

    def forget(self, topic: Topic) -> None:
        """Learn that nobody in this process listens to a topic any more."""


def conversation_topic(conversation_id: UUID) -> Topic:
    return Topic("conversation", conversation_id)


def person_topic(user_id: object) -> Topic:
    return Topic("person", user_id)


def encode(event: Event) -> Encoded:
    turn_id = event.turn if isinstance(event, TurnEvent) else None
    return Encoded(event.name, turn_id, _must_arrive(event), dump(event.as_json()))


def _must_arrive(event: Event) -> bool:
    if isinstance(event, TurnSnapshot):
        return event.seq == 0  # as stored: no later one may follow
    return not isinstance(event, TurnEvent) or isinstance(event, CLOSING_EVENTS)


class Hub:
    """Subscriptions of this process's sockets. Used on the event loop only."""

    def __init__(self) -> None:
        self._subscribers: defaultdict[Topic, set[Subscriber]] = defaultdict(set)
        # Set while other processes can be reached.
        self.carrier: Carrier | None = None

    def subscribe(self, topic: Topic, subscriber: Subscriber) -> None:
        self._subscribers[topic].add(subscriber)

    def unsubscribe(self, topic: Topic, subscriber: Subscriber) -> None:
        listeners = self._subscribers.get(topic)
        if listeners is not None:
            listeners.discard(subscriber)
            if not listeners:
                del self._subscribers[topic]
                if self.carrier is not None:
                    self.carrier.forget(topic)

    def publish(self, topic: Topic, events: Sequence[Event]) -> None:
        """Hand events of one turn, or of none, to everybody who listens now.

        Never waits for anybody. They are made into JSON once, and only for somebody.
        """
        carrier = self.carrier
        is_carried = carrier is not None and carrier.wants(events)
        if not (is_carried or topic in self._subscribers):
            return
        encoded = [encode(event) for event in events]
        self.deliver(topic, encoded)
        if carrier is not None and is_carried:
            carrier.carry(topic, encoded)

    def deliver(self, topic: Topic, events: list[Encoded]) -> None:
        """Hand events to who listens in this process."""
        for subscriber in tuple(self._subscribers.get(topic, ())):
            subscriber.deliver(events)

    def broadcast(self, events: Iterable[Event]) -> None:
        """Hand events to everybody who listens to anything in this process, once."""
        encoded = [encode(event) for event in events]
        everybody = set().union(*self._subscribers.values())
        for subscriber in everybody:
            subscriber.deliver(encoded)

    def count(self, topic: Topic) -> int:
        return len(self._subscribers.get(topic, ()))


hub = Hub()
