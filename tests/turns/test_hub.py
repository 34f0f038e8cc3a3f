"""Who gets which event, once."""

from uuid import UUID

from conversations.protocol.events import Event, Pong
from conversations.turns.hub import Encoded, Hub, conversation_topic, person_topic
from tests.turns.decoding import event_of

ONE = conversation_topic(UUID(int=1))
ALICE = person_topic(1)


class Listener:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def deliver(self, events: list[Encoded]) -> None:
        self.events += [event_of(item) for item in events]


def test_only_listeners_of_the_topic_are_told() -> None:
    hub, listener, other = Hub(), Listener(), Listener()
    hub.subscribe(ONE, listener)
    hub.subscribe(ALICE, other)

    hub.publish(ONE, [Pong()])

    assert (listener.events, other.events) == ([Pong()], [])


def test_who_has_left_is_told_nothing() -> None:
    hub, listener = Hub(), Listener()
    hub.subscribe(ONE, listener)
    hub.unsubscribe(ONE, listener)
    hub.unsubscribe(ONE, listener)

    hub.publish(ONE, [Pong()])

    assert (listener.events, hub.count(ONE)) == ([], 0)


def test_broadcast_reaches_everybody_once() -> None:
    hub, listener, other = Hub(), Listener(), Listener()
    for topic in (ONE, ALICE):
        hub.subscribe(topic, listener)
    hub.subscribe(ALICE, other)

    hub.broadcast([Pong()])

    assert (listener.events, other.events) == ([Pong()], [Pong()])


def test_broadcast_to_nobody_is_fine() -> None:
    Hub().broadcast([Pong()])
