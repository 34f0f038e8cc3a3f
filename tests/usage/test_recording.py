"""Usage is booked once, at the price of that moment; unknown is not free."""

from dataclasses import replace
from decimal import Decimal

import pytest

from conversations.models import ModelCard, Turn, UsageRecord
from conversations.usage.recording import Round, record_usage
from conversations.usage.totals import total
from tests.prompts.conftest import Thread

USAGE = {
    "input_tokens": 1_000,
    "output_tokens": 500,
    "cache_creation_input_tokens": 2_000,
    "cache_read_input_tokens": 10_000,
    "output_tokens_details": {"thinking_tokens": 300},
}


@pytest.fixture
def turn(thread: Thread) -> Turn:
    thread.user("Hi")
    return thread.turn()


def round_of(turn: Turn, model: str = "claude-opus-5-5") -> Round:
    return Round(turn.id, 1, 1, model, "msg_1", "req_1", USAGE)


def test_columns_and_cost_come_from_the_usage(turn: Turn) -> None:
    record = record_usage(round_of(turn))

    # 1,000 * 4 + 500 * 20 + 2,000 * 4 * 1.25 + 10,000 * 0.20 USD per million.
    assert record.cost_usd == Decimal("0.026")
    assert (record.input_tokens, record.thinking_tokens) == (1_000, 300)
    assert record.usage == USAGE
    assert record.prices["output"] == "20"


def test_same_round_is_booked_once(turn: Turn) -> None:
    record_usage(round_of(turn))
    record_usage(replace(round_of(turn), usage={"input_tokens": 5}))

    assert UsageRecord.objects.get().input_tokens == 1_000


def test_unknown_price_is_unknown(turn: Turn) -> None:
    record = record_usage(round_of(turn, model="llama"))

    assert (record.cost_usd, record.prices) == (None, None)
    assert total([record])["cost_usd"] is None


def test_price_change_leaves_what_is_booked(turn: Turn) -> None:
    record = record_usage(round_of(turn))
    ModelCard.objects.update(prices=None)

    record.refresh_from_db()

    assert record.cost_usd == Decimal("0.026")


def test_rounds_add_up(turn: Turn) -> None:
    first = record_usage(round_of(turn))
    second = record_usage(
        replace(round_of(turn), number=2, upstream_message_id="m2", is_estimated=True)
    )

    assert total([first, second]) == {
        "input_tokens": 2_000,
        "output_tokens": 1_000,
        "cache_creation_input_tokens": 4_000,
        "cache_read_input_tokens": 20_000,
        "thinking_tokens": 600,
        "cost_usd": "0.052",
        "is_estimated": True,
    }


def test_nothing_used_costs_nothing() -> None:
    assert total([])["cost_usd"] == "0"
