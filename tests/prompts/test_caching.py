"""Breakpoints, and for how long what they keep shall live."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conversations.models import ModelCard
from conversations.models import Provider as ProviderRow
from conversations.prompts.caching import (
    EPHEMERAL,
    EPHEMERAL_LONG,
    choose_marker,
    place_breakpoints,
)
from conversations.usage.cached import SHORT_LIFE, CacheUse

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CARD = ModelCard(model_id="claude-opus-5-5")


def uses(*gaps_minutes: float, tokens: int = 10_000, new: int = 500) -> list[CacheUse]:
    """Return uses of a growing prefix with these gaps, the last one up to NOW."""
    found: list[CacheUse] = []
    began = NOW - timedelta(minutes=sum(gaps_minutes))
    for gap in gaps_minutes:
        found.append(
            CacheUse(
                turn_id=uuid.uuid4(),
                settings=("a", "", ""),
                tokens=tokens,
                kept_tokens=tokens,
                first_at=began,
                began_at=began,
                expires_at=began + SHORT_LIFE,
            )
        )
        began += timedelta(minutes=gap)
        tokens += new
    return found


@pytest.mark.parametrize(
    ("gaps", "marker"),
    [
        ((), EPHEMERAL),
        ((1, 2, 1), EPHEMERAL),
        ((6,), EPHEMERAL_LONG),
        ((20, 30, 15), EPHEMERAL_LONG),
        ((2, 30, 2), EPHEMERAL_LONG),
        # After more than an hour everything is gone anyway.
        ((90, 24 * 60, 300), EPHEMERAL),
    ],
)
def test_the_life_follows_the_gaps(gaps: tuple[int, ...], marker: Any) -> None:
    assert choose_marker(CARD, uses(*gaps), NOW) == marker


def test_what_is_mostly_new_is_kept_for_a_short_time() -> None:
    quick = uses(1, 1, 20, 1, 1, 1, tokens=1_000, new=30_000)

    assert choose_marker(CARD, quick, NOW) == EPHEMERAL


def test_a_platform_of_older_ways_keeps_its_usual_life() -> None:
    legacy = ModelCard(model_id="x", provider=ProviderRow(kind="bedrock_legacy"))

    assert choose_marker(legacy, uses(20, 20), NOW) == EPHEMERAL


@pytest.mark.parametrize("marker", [EPHEMERAL, EPHEMERAL_LONG])
def test_all_breakpoints_of_a_request_live_equally_long(marker: Any) -> None:
    answer = {"role": "assistant", "content": [{"type": "text", "text": "Hm"}]}
    many = [{"type": "text", "text": str(number)} for number in range(20)]
    params: dict[str, Any] = {
        "messages": [answer, {"role": "user", "content": many}],
    }

    place_breakpoints(params, marker)

    assert params["cache_control"] == marker
    assert params["messages"][0]["content"][0]["cache_control"] == marker
    assert "cache_control" not in answer["content"][0]
