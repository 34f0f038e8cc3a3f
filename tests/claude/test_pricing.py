"""Prices: exact amounts for every kind of token."""

import json
from decimal import Decimal

import pytest

from conversations.claude import (
    BATCH_MULTIPLIER,
    US_ONLY_MULTIPLIER,
    Prices,
    cost_usd,
    facts_for,
)

OPUS = facts_for("claude-opus-5-5").prices
HAIKU = facts_for("claude-haiku-5-5").prices


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({}, "0"),
        ({"input_tokens": 1_000_000}, "4"),
        ({"output_tokens": 1_000_000}, "20"),
        ({"cache_read_input_tokens": 1_000_000}, "0.20"),
        ({"cache_creation_input_tokens": 1_000_000}, "5"),
        (
            {
                "cache_creation_input_tokens": 1_000_000,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 400_000,
                    "ephemeral_1h_input_tokens": 600_000,
                },
            },
            "6.8",
        ),
        (
            # The split came with the start, the total grew afterwards.
            {
                "cache_creation_input_tokens": 1_000_000,
                "cache_creation": {"ephemeral_1h_input_tokens": 500_000},
            },
            "6.5",
        ),
        ({"server_tool_use": {"web_search_requests": 3}}, "0.03"),
        (
            {
                "input_tokens": 12,
                "output_tokens": 480,
                "cache_creation_input_tokens": 900,
                "cache_read_input_tokens": 52_000,
                "cache_creation": None,
                "server_tool_use": None,
            },
            "0.024548",
        ),
        ({"input_tokens": None, "output_tokens": None}, "0"),
    ],
)
def test_each_kind_of_token_has_its_price(
    usage: dict[str, object], expected: str
) -> None:
    assert cost_usd(usage, OPUS) == Decimal(expected)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input_tokens": 100_000, "output_tokens": 1_000}, "0.0105"),
        ({"input_tokens": 100_001, "output_tokens": 1_000}, "0.0525005"),
        ({"input_tokens": 1, "cache_read_input_tokens": 100_000}, "0.0050005"),
        ({"input_tokens": 1, "cache_creation_input_tokens": 100_000}, "0.0625005"),
    ],
)
def test_a_long_prompt_moves_the_whole_request_to_the_higher_price(
    usage: dict[str, object], expected: str
) -> None:
    assert cost_usd(usage, HAIKU) == Decimal(expected)


def test_an_unknown_price_is_not_nothing() -> None:
    assert cost_usd({"input_tokens": 5}, None) is None


def test_multipliers_change_tokens_but_not_searches() -> None:
    usage = {"input_tokens": 1_000_000, "server_tool_use": {"web_search_requests": 1}}

    assert cost_usd(usage, OPUS, BATCH_MULTIPLIER) == Decimal("2.01")
    assert cost_usd(usage, OPUS, US_ONLY_MULTIPLIER) == Decimal("4.41")


@pytest.mark.parametrize("prices", [OPUS, HAIKU])
def test_prices_survive_storing(prices: Prices) -> None:
    stored = json.loads(json.dumps(prices.as_json()))

    assert Prices.from_json(stored) == prices


def test_stored_prices_are_readable() -> None:
    assert HAIKU is not None
    assert HAIKU.as_json() == {
        "input": "0.10",
        "output": "0.50",
        "cache_read": "0.01",
        "cache_write_5m": "0.1250",
        "cache_write_1h": "0.20",
        "long_prompt": {
            "above_tokens": 100_000,
            "input": "0.50",
            "output": "2.50",
            "cache_read": "0.05",
            "cache_write_5m": "0.6250",
            "cache_write_1h": "1.00",
        },
        "fast_multiplier": None,
        "as_of": "2026-11-22",
    }


def test_a_long_prompt_that_is_no_object_is_refused() -> None:
    assert OPUS is not None

    with pytest.raises(TypeError, match="long_prompt must be an object"):
        Prices.from_json(OPUS.as_json() | {"long_prompt": "yes"})
