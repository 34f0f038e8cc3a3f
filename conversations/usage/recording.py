"""Booking what a round used: once, with the price of that moment."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from conversations.claude.pricing import Prices, cost_usd
from conversations.models import UsageRecord
from conversations.models.model_card import find_card
from conversations.models.prepared import PreparedInsert


@dataclass(frozen=True)
class Round:
    """Which request of which turn, and what the API said of it."""

    turn_id: UUID
    number: int
    attempt: int
    model: str
    upstream_message_id: str
    request_id: str
    usage: dict[str, Any]
    is_estimated: bool = False


_insert = PreparedInsert(UsageRecord, or_ignore=True)


def record_usage(round_: Round) -> UsageRecord:
    """Store one row; booking the same round and attempt again changes nothing."""
    prices = prices_of(round_.model)
    details = round_.usage.get("output_tokens_details") or {}
    record = UsageRecord(
        turn_id=round_.turn_id,
        round=round_.number,
        attempt=round_.attempt,
        upstream_message_id=round_.upstream_message_id,
        request_id=round_.request_id,
        model=round_.model,
        usage=round_.usage,
        input_tokens=_count(round_.usage, "input_tokens"),
        output_tokens=_count(round_.usage, "output_tokens"),
        cache_creation_input_tokens=_count(round_.usage, "cache_creation_input_tokens"),
        cache_read_input_tokens=_count(round_.usage, "cache_read_input_tokens"),
        thinking_tokens=_count(details, "thinking_tokens"),
        cost_usd=cost_usd(round_.usage, prices),
        prices=prices.as_json() if prices else None,
        is_estimated=round_.is_estimated,
    )
    _insert.run(record)
    return record


def prices_of(model_id: str) -> Prices | None:
    """Return the prices on a model's card; None is unknown, never free."""
    card = find_card(model_id)
    return Prices.from_json(card.prices) if card and card.prices else None


def _count(usage: dict[str, Any], name: str) -> int:
    return int(usage.get(name) or 0)
