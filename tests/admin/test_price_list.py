"""Prices that were typed: taken exactly, or refused with what was expected."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from conversations.admin.price_list import EXPECTED, PricesField, check_prices

GOOD = {
    "input": "2.50",
    "output": 10,
    "cache_read": 0.25,
    "cache_write_5m": "0",
    "cache_write_1h": "5",
}
TODAY = timezone.localdate().isoformat()
VERSION = {"fast_multiplier": None, "as_of": TODAY}
STORED = {
    "input": "2.50",
    "output": "10",
    "cache_read": "0.25",
    "cache_write_5m": "0",
    "cache_write_1h": "5",
}


def problems(typed: Any) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        check_prices(typed)
    assert refused.value.messages[-1] == EXPECTED
    return refused.value.messages[:-1]


def test_amounts_are_kept_exactly() -> None:
    assert check_prices(GOOD) == STORED | VERSION | {"long_prompt": None}


def test_long_prompts_may_cost_more() -> None:
    typed = GOOD | {"long_prompt": GOOD | {"above_tokens": 200_000}}

    assert check_prices(typed) == STORED | VERSION | {
        "long_prompt": STORED | {"above_tokens": 200_000}
    }


def test_fast_mode_and_the_day_of_the_prices_may_be_given() -> None:
    given = {"fast_multiplier": 2, "as_of": "2026-12-01"}

    checked = check_prices(GOOD | given)

    assert (checked["fast_multiplier"], checked["as_of"]) == ("2", "2026-12-01")


def test_a_wrong_version_is_refused() -> None:
    given = {"fast_multiplier": "twice", "as_of": "yesterday"}

    assert problems(GOOD | given) == [
        "fast_multiplier is not a number from 0 to 10000.",
        "as_of is not a date such as 2026-11-22.",
    ]


@pytest.mark.parametrize(
    "amount",
    ["-0.01", "NaN", "Infinity", "1e99", "10001", "two", "", None, True, [], {}],
    ids=repr,
)
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    assert problems(GOOD | {"input": amount}) == [
        "input is not an amount from 0 to 10000."
    ]


def test_missing_and_unknown_keys_are_named() -> None:
    typed: dict[str, Any] = {**GOOD, "speed": 1}
    del typed["output"]

    assert problems(typed) == ["output is missing.", "speed is unknown."]


@pytest.mark.parametrize("typed", [[], "2.50", 3, [GOOD]], ids=repr)
def test_what_is_no_object_is_refused(typed: Any) -> None:
    assert problems(typed) == ["This is not an object."]


@pytest.mark.parametrize(
    ("long_prompt", "expected"),
    [
        ([], ["long_prompt is not an object."]),
        (GOOD, ["long_prompt.above_tokens is not a whole number above 0."]),
        (
            GOOD | {"above_tokens": "many", "input": -1},
            ["long_prompt.input is not an amount from 0 to 10000."],
        ),
        (
            GOOD | {"above_tokens": 0},
            ["long_prompt.above_tokens is not a whole number above 0."],
        ),
        (
            GOOD | {"above_tokens": True},
            ["long_prompt.above_tokens is not a whole number above 0."],
        ),
    ],
    ids=["list", "without a limit", "wrong", "zero", "true"],
)
def test_prices_of_long_prompts_are_checked_as_well(
    long_prompt: Any, expected: list[str]
) -> None:
    assert problems(GOOD | {"long_prompt": long_prompt}) == expected


def test_nothing_means_unknown() -> None:
    assert PricesField().clean("") is None
    assert PricesField().clean("null") is None


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ValidationError, match="Enter a valid JSON"):
        PricesField().clean("{input: 2}")
