"""Who listens to what, within this process: direct calls, no channel layer."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from conversations.models.wire import dump
from conversations.protocol.events import Event, TurnEvent


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as JSON, made once for all who get it."""

    event: Event
    text: str

    @property
    def turn_id(self) -> UUID | None:
        return self.event.turn if isinstance(self.event, TurnEvent) else None


class Subscriber(Protocol):
    """Somebody who gets events. `deliver` must return at once."""

    def deliver(self, events: list[Encoded]) -> None: ...


@dataclass(frozen=True, slots=True)
class Topic:
    """A conversation, or the person whose list of conversations changes."""

    kind: str
    id: object


def conversation_topic(conversation_id: UUID) -> Topic:
    return Topic("conversation", conversation_id)


def person_topic(user_id: object) -> Topic:
    return Topic("person", user_id)


def encode(event: Event) -> Encoded:
    return Encoded(event, dump(event.as_json()))


class Hub:
    """Subscriptions of this process's sockets. Used on the event loop only."""

    def __init__(self) -> None:
        self._subscribers: defaultdict[Topic, set[Subscriber]] = defaultdict(set)

    def subscribe(self, topic: Topic, subscriber: Subscriber) -> None:
        self._subscribers[topic].add(subscriber)

    def unsubscribe(self, topic: Topic, subscriber: Subscriber) -> None:
        listeners = self._subscribers.get(topic)
        if listeners is not None:
            listeners.discard(subscriber)
            if not listeners:
                del self._subscribers[topic]

    def publish(self, topic: Topic, events: Iterable[Event]) -> None:
        """Hand events to everybody who listens now. Never waits for anybody."""
        listeners = self._subscribers.get(topic)
        if not listeners:
            return
        encoded = [encode(event) for event in events]
        for subscriber in tuple(listeners):
            subscriber.deliver(encoded)

    def broadcast(self, events: Iterable[Event]) -> None:
        """Hand events to everybody who listens to anything, once."""
        encoded = [encode(event) for event in events]
        everybody = set().union(*self._subscribers.values())
        for subscriber in everybody:
            subscriber.deliver(encoded)

    def count(self, topic: Topic) -> int:
        return len(self._subscribers.get(topic, ()))


hub = Hub()
