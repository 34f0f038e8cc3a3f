"""Usage added up: per turn, as the page shows it under an answer."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from conversations.models import UsageRecord
from conversations.models.usage import SIDE_PURPOSES

from .recording import decimal_text

SUMMED = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "thinking_tokens",
    "web_searches",
)


def total(records: Iterable[UsageRecord]) -> dict[str, Any]:
    """Return summed counts and amounts: those are None when any of them is unknown.

    `unpriced` says why (billing.Unpriced), or of what the cost knows nothing. What was
    asked beside the answer, such as a title, is no part of it.
    """
    counts = dict.fromkeys(SUMMED, 0)
    cost: Decimal | None = Decimal(0)
    saved: Decimal | None = Decimal(0)
    is_estimated = False
    unpriced: set[str] = set()
    for record in records:
        if record.purpose in SIDE_PURPOSES:
            continue
        for name in SUMMED:
            counts[name] += getattr(record, name)
        cost = _plus(cost, record.cost_usd)
        saved = _plus(saved, record.cache_savings_usd)
        unpriced.update(record.unpriced)
        is_estimated = is_estimated or record.is_estimated
    return {
        **counts,
        "cost_usd": decimal_text(cost),
        "cache_savings_usd": decimal_text(saved),
        "unpriced": sorted(unpriced),
        "is_estimated": is_estimated,
    }


def hit_rate(counts: Mapping[str, int]) -> float | None:
    """Return the part of all input tokens that came from the cache, 0 to 1."""
    read = counts["cache_read_input_tokens"]
    rest = counts["input_tokens"] + counts["cache_creation_input_tokens"]
    return read / (read + rest) if read + rest else None


def _plus(amount: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if amount is None or other is None else amount + other
