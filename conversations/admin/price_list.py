"""Prices as administrators type them: JSON, checked with words that help."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from conversations.claude.pricing import Prices

AMOUNTS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
# ours: far above every price there is; a larger one would not fit the column of a cost
MAX_USD = Decimal(10_000)
EXPECTED = (
    f"Expected: an object with {', '.join(AMOUNTS)} (USD per million tokens, "
    '0 or more, best as text: "2.50") and, if long prompts cost more, long_prompt with '
    "the same keys and above_tokens; if it has a fast mode, fast_multiplier; and as_of, "
    "the day of these prices (empty: today)."
)


class PricesField(forms.JSONField):
    """A JSON field that takes what `Prices` can read, or nothing: price unknown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, help_text=EXPECTED, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show the stored object with one key a line; refused text stays as typed."""
        if isinstance(value, Mapping):
            return json.dumps(value, indent=2)
        return super().prepare_value(value)

    def clean(self, value: Any) -> Any:
        """Return the prices as they are stored, or None."""
        typed = super().clean(value)
        return None if typed is None else check_prices(typed)


def check_prices(typed: Any) -> dict[str, Any]:
    """Return the prices as `Prices` writes them, or raise ValidationError."""
    problems = _problems(
        typed, "", {*AMOUNTS, "long_prompt", "fast_multiplier", "as_of"}
    )
    long_prompt = typed.get("long_prompt") if isinstance(typed, Mapping) else None
    if long_prompt is not None:
        problems += _problems(long_prompt, "long_prompt.", {*AMOUNTS, "above_tokens"})
        if not problems and not _is_count(long_prompt.get("above_tokens")):
            problems.append("long_prompt.above_tokens is not a whole number above 0.")
    if not problems:
        problems = _problems_of_version(typed)
    if problems:
        raise ValidationError([*problems, EXPECTED])
    prices = Prices.from_json(typed)
    return replace(prices, as_of=prices.as_of or _today()).as_json()


def _problems_of_version(typed: Mapping[str, Any]) -> list[str]:
    fast, as_of = typed.get("fast_multiplier"), typed.get("as_of")
    problems = []
    if fast is not None and not _is_amount(fast):
        problems.append(f"fast_multiplier is not a number from 0 to {MAX_USD}.")
    if as_of and not _is_date(as_of):
        problems.append("as_of is not a date such as 2026-11-22.")
    return problems


def _problems(typed: Any, prefix: str, known: set[str]) -> list[str]:
    if not isinstance(typed, Mapping):
        return [f"{prefix.rstrip('.') or 'This'} is not an object."]
    unknown = [f"{prefix}{key} is unknown." for key in typed if key not in known]
    missing = [f"{prefix}{key} is missing." for key in AMOUNTS if key not in typed]
    wrong = [
        f"{prefix}{key} is not an amount from 0 to {MAX_USD}."
        for key in AMOUNTS
        if key in typed and not _is_amount(typed[key])
    ]
    return [*missing, *unknown, *wrong]


def _is_amount(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return False
    return amount.is_finite() and 0 <= amount <= MAX_USD


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _today() -> str:
    return timezone.localdate().isoformat()


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
