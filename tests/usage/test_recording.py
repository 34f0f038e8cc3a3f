"""Usage is booked once, at the price of that moment; unknown is not free."""

from dataclasses import replace
from decimal import Decimal

import pytest

from conversations.claude.catalog import PRICES_AS_OF
from conversations.models import ModelCard, Prefix, Purpose, Turn, UsageRecord
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
    assert total([record])["unpriced"] == ["model"]


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
        "web_searches": 0,
        "cost_usd": "0.052",
        "cache_savings_usd": "0.072",
        "unpriced": [],
        "is_estimated": True,
    }


def test_a_title_is_booked_beside_its_answer(turn: Turn) -> None:
    answer = record_usage(round_of(turn))
    title = record_usage(
        replace(round_of(turn), upstream_message_id="m2", purpose=Purpose.TITLE)
    )

    assert UsageRecord.objects.count() == 2
    assert total([answer, title])["cost_usd"] == "0.026"


def test_an_alias_has_the_price_of_its_model(turn: Turn) -> None:
    record = record_usage(round_of(turn, model="claude-haiku-4-5-20251001"))

    assert record.prices["input"] == "1"


def test_what_was_asked_has_the_price_when_the_answer_names_it_in_full(
    turn: Turn,
) -> None:
    ModelCard.objects.filter(model_id="claude-haiku-4-5").update(
        model_id="claude-haiku-4-5-20251001"
    )
    dated = round_of(turn, model="claude-haiku-4-5")

    record = record_usage(replace(dated, requested_model="claude-haiku-4-5-20251001"))

    assert record.prices["input"] == "1"


def test_the_version_of_the_price_list_is_stored(turn: Turn) -> None:
    record = record_usage(round_of(turn))

    assert record.prices["as_of"] == PRICES_AS_OF


def test_a_fallback_is_paid_at_the_price_of_who_answered(turn: Turn) -> None:
    counts = {"input_tokens": 1_000, "output_tokens": 100}
    usage = {
        **counts,
        "iterations": [
            {"type": "message", "model": "claude-fable-5-2", **counts},
            {"type": "fallback_message", "model": "claude-opus-5-5", **counts},
        ],
    }

    record = record_usage(replace(round_of(turn), usage=usage))

    # 1,000 * 8 + 100 * 40, then 1,000 * 4 + 100 * 20 USD per million.
    assert record.cost_usd == Decimal("0.018")
    assert (record.input_tokens, record.output_tokens) == (2_000, 200)
    assert [charge["cost_usd"] for charge in record.charges] == ["0.012", "0.006"]


def test_a_refusal_before_any_output_is_free(turn: Turn) -> None:
    refused = replace(round_of(turn), stop_reason="refusal")

    record = record_usage(refused)

    assert record.cost_usd == 0


def test_a_refusal_in_the_middle_is_paid(turn: Turn) -> None:
    text = {"type": "text", "text": "Well,"}

    record = record_usage(
        replace(round_of(turn), stop_reason="refusal", content=[text])
    )

    assert record.cost_usd == Decimal("0.026")


@pytest.mark.parametrize(
    ("web_tool", "unpriced"),
    [("web_search_20250305", ["code_time"]), ("web_search_20260209", [])],
)
def test_the_time_of_a_container_is_unknown_unless_a_web_tool_pays_it(
    thread: Thread, turn: Turn, web_tool: str, unpriced: list[str]
) -> None:
    Prefix.objects.update(tools=[{"type": web_tool, "name": "web_search"}])
    call = {"type": "server_tool_use", "id": "s", "name": "code_execution", "input": {}}

    record = record_usage(replace(round_of(turn), content=[call]))

    assert record.unpriced == unpriced
    assert record.cost_usd == Decimal("0.026")


def test_nothing_used_costs_nothing() -> None:
    assert total([])["cost_usd"] == "0"
