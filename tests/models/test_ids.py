"""Ids are UUIDv7 and grow."""

import time
import uuid

import pytest

from conversations.models import ids


@pytest.fixture(autouse=True)
def _no_earlier_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests travel in time, and ids never go back."""
    monkeypatch.setattr(ids, "_last", 0)


def test_id_is_a_version_7_uuid_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.uuid7()
    after = time.time_ns() // 1_000_000

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= after


def test_ids_of_one_millisecond_grow() -> None:
    made = [ids.uuid7() for _ in range(10_000)]

    assert made == sorted(set(made))


def test_ids_grow_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ids.uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    assert ids.uuid7() > first
