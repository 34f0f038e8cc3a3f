"""Usage added up: per turn, as the page shows it under an answer."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from conversations.models import UsageRecord

SUMMED = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "thinking_tokens",
)


def total(records: Iterable[UsageRecord]) -> dict[str, Any]:
    """Return summed token counts, `cost_usd` (None when any price is unknown)."""
    counts = dict.fromkeys(SUMMED, 0)
    cost: Decimal | None = Decimal(0)
    is_estimated = False
    for record in records:
        for name in SUMMED:
            counts[name] += getattr(record, name)
        if record.cost_usd is None or cost is None:
            cost = None
        else:
            cost += record.cost_usd
        is_estimated = is_estimated or record.is_estimated
    return {
        **counts,
        "cost_usd": None if cost is None else f"{cost.normalize():f}",
        "is_estimated": is_estimated,
    }
