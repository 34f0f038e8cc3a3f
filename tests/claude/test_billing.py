"""Bills: every sampling at its own model's prices, with what multiplies them."""

from decimal import Decimal
from typing import Any

import pytest

from conversations.claude.billing import (
    Request,
    Unpriced,
    code_is_free,
    make_bill,
    runs_code,
)
from conversations.claude.catalog import facts_for
from conversations.claude.pricing import Prices

OPUS = "claude-opus-5-5"
MILLION = {"input_tokens": 1_000_000}


def prices_of(model: str) -> Prices | None:
    return facts_for(model).prices


def bill_of(usage: dict[str, Any], model: str = OPUS, **facts: bool) -> Any:
    return make_bill(usage, Request(model=model, **facts), prices_of)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (MILLION, "4"),
        (MILLION | {"inference_geo": "global"}, "4"),
        (MILLION | {"inference_geo": "not_available"}, "4"),
        (MILLION | {"inference_geo": "us"}, "4.4"),
        (MILLION | {"service_tier": "batch"}, "2"),
        (MILLION | {"service_tier": "batch", "inference_geo": "us"}, "2.2"),
        (MILLION | {"speed": "fast"}, "8"),
        (MILLION | {"speed": "fast", "inference_geo": "us"}, "8.8"),
        (MILLION | {"speed": "standard", "service_tier": "standard"}, "4"),
        ({"server_tool_use": {"web_search_requests": 3}}, "0.03"),
    ],
)
def test_the_usage_tells_the_multipliers(usage: dict[str, Any], expected: str) -> None:
    assert bill_of(usage).cost_usd == Decimal(expected)


@pytest.mark.parametrize(
    ("usage", "model", "reason"),
    [
        (MILLION, "llama", Unpriced.MODEL),
        (MILLION | {"speed": "fast"}, "claude-fable-5-2", Unpriced.FAST_MODE),
        (MILLION | {"inference_geo": "eu"}, OPUS, Unpriced.REGION),
        (MILLION | {"inference_geo": ["us"]}, OPUS, Unpriced.REGION),
        (MILLION | {"service_tier": "priority"}, OPUS, Unpriced.PRIORITY),
    ],
)
def test_an_unknown_price_is_unknown_and_says_why(
    usage: dict[str, Any], model: str, reason: Unpriced
) -> None:
    bill = bill_of(usage, model)

    assert (bill.cost_usd, bill.cache_savings_usd) == (None, None)
    assert bill.unpriced == [reason]


def test_a_batch_costs_half_also_where_nobody_says_so() -> None:
    assert bill_of(MILLION, is_batch=True).cost_usd == Decimal(2)


def test_iterations_are_paid_at_their_own_models() -> None:
    usage = {
        "input_tokens": 1_000_000,
        "server_tool_use": {"web_search_requests": 1},
        "iterations": [
            {"type": "compaction", "input_tokens": 1_000_000},
            {"type": "message", "input_tokens": 1_000_000, "model": None},
            {
                "type": "advisor_message",
                "model": "claude-fable-5-2",
                "input_tokens": 1_000_000,
            },
        ],
    }

    bill = bill_of(usage)

    assert [charge.usd for charge in bill.charges] == [4, 4, 8]
    assert bill.cost_usd == Decimal("16.01")
    assert bill.count("input_tokens") == 3_000_000


def test_a_model_that_declined_at_once_is_free() -> None:
    usage = {
        "input_tokens": 1_000_000,
        "iterations": [
            {
                "type": "message",
                "model": "claude-fable-5-2",
                "input_tokens": 1_000_000,
                "output_tokens": 0,
            },
            {
                "type": "fallback_message",
                "model": OPUS,
                "input_tokens": 1_000_000,
                "output_tokens": 1_000_000,
            },
        ],
    }

    assert bill_of(usage).cost_usd == Decimal(24)


def test_the_prompt_of_each_iteration_decides_its_price() -> None:
    entry = {"type": "message", "input_tokens": 100_000}

    bill = bill_of({"iterations": [entry, entry]}, "claude-haiku-4-5")
    stepped = bill_of(
        {"iterations": [entry, entry | {"input_tokens": 200_000}]}, "claude-haiku-5-5"
    )

    assert bill.cost_usd == Decimal("0.2")
    assert stepped.cost_usd == Decimal("0.11")


def test_one_unknown_iteration_leaves_the_whole_unknown() -> None:
    usage = {
        "iterations": [
            {"type": "message", "input_tokens": 5},
            {"type": "advisor_message", "model": "llama", "input_tokens": 5},
        ]
    }

    assert bill_of(usage).cost_usd is None


@pytest.mark.parametrize(
    ("usage", "saved"),
    [
        ({"cache_read_input_tokens": 1_000_000}, "3.8"),
        ({"cache_creation_input_tokens": 1_000_000}, "-1"),
        (
            {
                "cache_creation_input_tokens": 1_000_000,
                "cache_creation": {"ephemeral_1h_input_tokens": 1_000_000},
            },
            "-4",
        ),
        (MILLION, "0"),
        ({"cache_read_input_tokens": 1_000_000, "inference_geo": "us"}, "4.18"),
    ],
)
def test_the_cache_saves_what_it_did_not_cost(
    usage: dict[str, Any], saved: str
) -> None:
    assert bill_of(usage).cache_savings_usd == Decimal(saved)


def test_what_is_not_billed_costs_nothing() -> None:
    bill = bill_of(
        {**MILLION, "server_tool_use": {"web_search_requests": 1}}, is_unbilled=True
    )

    assert (bill.cost_usd, bill.searches) == (0, 0)


def test_the_time_of_code_is_said_to_be_missing() -> None:
    bill = bill_of(MILLION, ran_code=True)

    assert (bill.cost_usd, bill.unpriced) == (Decimal(4), [Unpriced.CODE_TIME])


def test_code_is_seen_in_the_answer() -> None:
    search = {"type": "server_tool_use", "name": "web_search"}
    code = {"type": "server_tool_use", "name": "bash_code_execution"}

    assert (runs_code([search]), runs_code([search, code])) == (False, True)


@pytest.mark.parametrize(
    ("type_", "is_free"),
    [
        ("web_fetch_20260309", True),
        ("web_search_20260209", True),
        ("web_search_20250305", False),
        ("code_execution_20260521", False),
    ],
)
def test_newer_web_tools_pay_for_code(type_: str, is_free: bool) -> None:
    assert code_is_free([{"name": "mine"}, {"type": type_}]) is is_free
