"""What a person used, added up by month and model."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from conversations.models import ModelCard
from conversations.models.usage import UsageRecordQuerySet

from .totals import hit_rate

EXACT = Decimal("0.00000001")
COUNTED = (
    "requests",
    "unknown_requests",
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
    "thinking_tokens",
    "web_searches",
)
MONEY = ("cost_usd", "cache_savings_usd")
SUMS: dict[str, Any] = {
    **{f"sum_{name}": Sum(name) for name in (*COUNTED[2:], *MONEY)},
    "sum_requests": Count("pk"),
    "sum_unknown_requests": Count("pk", filter=Q(cost_usd=None)),
}


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """Sums over some requests. `cost_usd` is the known part of what they cost.

    `unknown_requests` counts those whose price nobody knows: they are not in it.
    """

    requests: int = 0
    unknown_requests: int = 0
    input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0
    web_searches: int = 0
    cost_usd: Decimal = Decimal(0)
    cache_savings_usd: Decimal = Decimal(0)

    @property
    def read_tokens(self) -> int:
        """All that was read, from the cache or not."""
        new = self.input_tokens + self.cache_creation_input_tokens
        return new + self.cache_read_input_tokens

    @property
    def hit_rate(self) -> float | None:
        """The part of what was read that came from the cache."""
        return hit_rate(asdict(self))

    @property
    def is_known(self) -> bool:
        return self.unknown_requests < self.requests or not self.requests


NOTHING = Amounts()


@dataclass(frozen=True, kw_only=True)
class ModelMonth(Amounts):
    """What one model was used for in one month."""

    month: datetime.date
    model: str
    model_name: str


@dataclass(frozen=True)
class Month:
    """A month, named by its first day, with its models: the dearest first."""

    day: datetime.date
    models: list[ModelMonth]
    total: Amounts


def months(records: UsageRecordQuerySet, zone: ZoneInfo) -> list[Month]:
    """Return the months in which something was booked, newest first. Two queries."""
    by_model = records.order_by().annotate(month=TruncMonth("created_at", tzinfo=zone))
    rows: Iterable[Any] = by_model.values("month", "model").annotate(**SUMS)
    names = dict(ModelCard.objects.values_list("model_id", "display_name"))
    lines = [_model_month(row, names) for row in rows]
    lines.sort(key=lambda line: (line.month, line.cost_usd), reverse=True)
    return [
        Month(day, models := list(group), add_up(models))
        for day, group in groupby(lines, key=lambda line: line.month)
    ]


def sum_of(records: UsageRecordQuerySet) -> Amounts:
    """Return everything that was booked, added up. One query."""
    return Amounts(**amounts_in(records.aggregate(**SUMS)))


def add_up(parts: Sequence[Amounts]) -> Amounts:
    """Return the sums of sums."""
    summed: dict[str, Any] = {
        name: sum((getattr(part, name) for part in parts), start=getattr(NOTHING, name))
        for name in (*COUNTED, *MONEY)
    }
    return Amounts(**summed)


def amounts_in(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of Amounts that a row holds which was annotated with SUMS."""
    counts = {name: row[f"sum_{name}"] or 0 for name in COUNTED}
    # SQLite adds up as floating point; the columns have 8 digits.
    money = {name: Decimal(row[f"sum_{name}"] or 0).quantize(EXACT) for name in MONEY}
    return counts | money


def _model_month(row: Mapping[str, Any], names: dict[str, str]) -> ModelMonth:
    return ModelMonth(
        month=row["month"].date(),
        model=row["model"],
        model_name=names.get(row["model"]) or row["model"],
        **amounts_in(row),
    )
