"""What the provider still keeps of a conversation, and until when."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from conversations.models import Compaction, Message, State, Turn, UsageRecord
from conversations.usage.cached import LONG_LIFE, SHORT_LIFE, cached_prefix
from tests.prompts.conftest import Thread

WRITTEN = 9_000
AN_HOUR = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": WRITTEN}
BOTH = {"ephemeral_5m_input_tokens": 4_000, "ephemeral_1h_input_tokens": 5_000}


@pytest.fixture
def began() -> datetime:
    return timezone.now() - timedelta(minutes=2)


def answered(thread: Thread, began: datetime, number: int = 1, **used: Any) -> Message:
    """Add an answer whose request began then and used the cache so."""
    thread.user(f"Question {number}")
    turn = thread.turn(state=State.COMPLETED, started_at=began)
    Turn.objects.filter(id=turn.id).update(created_at=began)
    UsageRecord.objects.create(
        turn=turn,
        payer=turn.author,
        round=1,
        model=turn.model,
        **{"usage": {}, "cache_creation_input_tokens": WRITTEN, **used},
    )
    return thread.claude("Yes.", turn=Turn.objects.get(id=turn.id), round=1)


def life(path: list[Message], began: datetime, **changed: str) -> timedelta | None:
    settings = {"model": "claude-opus-5-5", **changed}
    following = Turn(conversation=path[0].conversation, **settings)
    found = cached_prefix(path, following)
    return found.expires_at - began if found else None


@pytest.mark.parametrize(
    ("split", "expected"),
    [(None, SHORT_LIFE), (AN_HOUR, LONG_LIFE), (BOTH, SHORT_LIFE)],
)
def test_it_lives_as_long_as_it_was_written_for(
    thread: Thread, began: datetime, split: Any, expected: timedelta
) -> None:
    answer = answered(thread, began, usage={"cache_creation": split})

    assert life([answer], began) == expected


def test_reading_renews_it_for_the_time_it_was_written_for(
    thread: Thread, began: datetime
) -> None:
    long_ago = began - timedelta(minutes=30)
    first = answered(thread, long_ago, usage={"cache_creation": AN_HOUR})
    read = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": WRITTEN}
    second = answered(thread, began, 2, **read)

    assert life([first, second], began) == LONG_LIFE


@pytest.mark.parametrize(
    "changed", [{"model": "claude-haiku-5-5"}, {"effort": "low"}, {"thinking": "off"}]
)
def test_other_settings_have_a_cache_of_their_own(
    thread: Thread, began: datetime, changed: dict[str, str]
) -> None:
    assert life([answered(thread, began)], began, **changed) is None


def test_it_is_gone_when_it_has_run_out(thread: Thread) -> None:
    began = timezone.now() - SHORT_LIFE

    assert life([answered(thread, began)], began) is None


@pytest.mark.parametrize(("after", "is_kept"), [(-1, True), (1, False)])
def test_a_compaction_since_then_begins_otherwise(
    thread: Thread, began: datetime, after: int, is_kept: bool
) -> None:
    answer = answered(thread, began)
    compaction = Compaction.objects.create(
        conversation=thread.conversation,
        message=answer,
        model="claude-opus-5-5",
        state=State.COMPLETED,
        finished_at=began + timedelta(seconds=after),
    )
    stand_in = Message(id=compaction.id, conversation=thread.conversation, role="user")

    assert (life([stand_in, answer], began) is not None) is is_kept
