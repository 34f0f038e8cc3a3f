"""What was used, added up by month: of models, people or conversations."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from conversations.models import Conversation, ModelCard
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
class Line(Amounts):
    """What one model, or one person, used in one month."""

    month: datetime.date
    key: str
    name: str


@dataclass(frozen=True)
class Month:
    """A month, named by its first day, with its lines: the dearest first."""

    day: datetime.date
    lines: list[Line]
    total: Amounts


@dataclass(frozen=True, kw_only=True)
class Spent(Amounts):
    """What a conversation has used."""

    conversation: Conversation


def months_by_model(records: UsageRecordQuerySet, zone: datetime.tzinfo) -> list[Month]:
    """Return the months in which something was booked, newest first. Two queries."""
    names = dict(ModelCard.objects.values_list("model_id", "display_name"))
    return _months(records, zone, "model", names)


def months_by_person(
    records: UsageRecordQuerySet, zone: datetime.tzinfo
) -> list[Month]:
    """Return the same months with what each person used in them. One query."""
    return _months(records, zone, "payer__username", {})


def dearest_conversations(
    records: UsageRecordQuerySet, since: datetime.datetime, most: int
) -> list[Spent]:
    """Return what cost most of that which is not deleted. Two queries."""
    visible = records.filter(
        created_at__gte=since, turn__conversation__deleted_at=None
    ).exclude(turn=None)
    grouped: Any = visible.order_by().values("turn__conversation").annotate(**SUMS)
    rows = list(grouped.filter(sum_cost_usd__gt=0).order_by("-sum_cost_usd")[:most])
    found = Conversation.objects.in_bulk([row["turn__conversation"] for row in rows])
    return [
        Spent(conversation=found[row["turn__conversation"]], **amounts_in(row))
        for row in rows
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


def _months(
    records: UsageRecordQuerySet,
    zone: datetime.tzinfo,
    column: str,
    names: Mapping[str, str],
) -> list[Month]:
    by_month = records.order_by().annotate(month=TruncMonth("created_at", tzinfo=zone))
    rows: Iterable[Any] = by_month.values("month", column).annotate(**SUMS)
    lines = [
        Line(
            month=row["month"].date(),
            key=row[column] or "",
            name=names.get(row[column]) or row[column] or "",
            **amounts_in(row),
        )
        for row in rows
    ]
    lines.sort(key=lambda line: (line.month, line.cost_usd), reverse=True)
    return [
        Month(day, of_month := list(group), add_up(of_month))
        for day, group in groupby(lines, key=lambda line: line.month)
    ]
