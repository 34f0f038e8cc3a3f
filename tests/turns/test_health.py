"""What is away is told once, and its return to everybody."""

from typing import Any

import pytest

from conversations.protocol.events import Event, ServerImpaired, ServerRecovered
from conversations.turns.health import Health
from conversations.turns.hub import Encoded, Hub, person_topic
from conversations.turns.trouble import DATABASE_UNAVAILABLE, RELAY_UNAVAILABLE
from tests.turns.decoding import event_of

DATABASE = ServerImpaired(reason=DATABASE_UNAVAILABLE)
RELAY = ServerImpaired(reason=RELAY_UNAVAILABLE)


class Listener:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def deliver(self, batch: list[Encoded]) -> None:
        self.events += [event_of(item) for item in batch]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def health(listener: Listener) -> Health:
    hub = Hub()
    hub.subscribe(person_topic(1), listener)
    return Health(hub)


def test_loss_and_return_are_told_once(health: Health, listener: Listener) -> None:
    for _ in range(2):
        health.impair("database", dict(DATABASE_UNAVAILABLE))
    for _ in range(2):
        health.recover("database")

    assert listener.events == [DATABASE, ServerRecovered()]
    assert health.reasons() == []


def test_what_is_still_away_is_said_again(health: Health, listener: Listener) -> None:
    health.impair("database", DATABASE_UNAVAILABLE)
    health.impair("relay", RELAY_UNAVAILABLE)
    health.recover("database")

    assert listener.events == [DATABASE, RELAY, ServerRecovered(), RELAY]


def test_new_socket_can_be_told(health: Health) -> None:
    reason: dict[str, Any] = DATABASE_UNAVAILABLE
    health.impair("database", reason)

    assert health.reasons() == [reason]
    assert health.notices() == [DATABASE]
