"""Booking what a request used: once, with the price of that moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from conversations.claude.billing import (
    Bill,
    Request,
    code_is_free,
    is_unbilled,
    make_bill,
    runs_code,
)
from conversations.claude.catalog import facts_for
from conversations.claude.platform_models import known_name
from conversations.claude.pricing import Prices, count
from conversations.claude.types import Block
from conversations.models import Conversation, ModelCard, Purpose, Turn, UsageRecord
from conversations.models.model_card import find_card
from conversations.models.prepared import PreparedInsert


@dataclass(frozen=True)
class Round:
    """Which request of which turn, and what the API said of it.

    `model` has answered; `requested_model` was asked, if that is known. `content` and
    `stop_reason` of the answer decide about what is free. `payer_id` is looked up where
    it is not given; without a turn it has to be.
    """

    turn_id: UUID | None
    number: int
    attempt: int
    model: str
    upstream_message_id: str
    request_id: str
    usage: dict[str, Any]
    is_estimated: bool = False
    purpose: Purpose = Purpose.ANSWER
    requested_model: str = ""
    stop_reason: str = ""
    content: Sequence[Block] = ()
    is_batch: bool = False
    payer_id: int | None = None
    cache_miss: dict[str, Any] | None = None


_insert = PreparedInsert(UsageRecord, or_ignore=True)


def record_usage(round_: Round) -> UsageRecord:
    """Store one row; booking the same round and attempt again changes nothing."""
    record = record_of(round_)
    _insert.run(record)
    return record


def record_of(round_: Round) -> UsageRecord:
    """Return the row of a round, not yet stored."""
    prices = prices_of(round_.model, round_.requested_model)

    def prices_for(model: str) -> Prices | None:
        if model == round_.model:
            return prices
        return prices_of(model, round_.requested_model)

    bill = make_bill(round_.usage, _request(round_), prices_for)
    return UsageRecord(
        turn_id=round_.turn_id,
        payer_id=_payer_of(round_),
        purpose=round_.purpose,
        round=round_.number,
        attempt=round_.attempt,
        upstream_message_id=round_.upstream_message_id,
        request_id=round_.request_id,
        model=round_.model,
        usage=round_.usage,
        input_tokens=bill.count("input_tokens"),
        output_tokens=bill.count("output_tokens"),
        cache_creation_input_tokens=bill.count("cache_creation_input_tokens"),
        cache_read_input_tokens=bill.count("cache_read_input_tokens"),
        thinking_tokens=_thinking_tokens(round_.usage),
        web_searches=bill.searches,
        cost_usd=bill.cost_usd,
        cache_savings_usd=bill.cache_savings_usd,
        unpriced=bill.unpriced,
        charges=_charges(bill),
        prices=prices.as_json() if prices else None,
        is_estimated=round_.is_estimated,
        cache_miss=round_.cache_miss,
    )


def prices_of(model_id: str, requested_model: str = "") -> Prices | None:
    """Return the prices on a model's card; None is unknown, never free.

    `requested_model` is the card that was asked: an answer may name it otherwise.
    """
    card = _card_of(model_id, requested_model)
    return Prices.from_json(card.prices) if card and card.prices else None


def _card_of(model_id: str, requested_model: str) -> ModelCard | None:
    asked = find_card(requested_model) if "/" in requested_model else None
    if asked is not None and asked.provider is not None:
        other = find_card(f"{asked.provider.slug}/{model_id}")
        # Its own name for the model that was asked, unless another one has answered.
        answered, named = known_name(model_id), known_name(asked.wire_id)
        is_other = answered != named and facts_for(named).line is not None
        return other or (find_card(answered) if is_other else asked)
    return find_card(model_id) or find_card(_known_id(model_id, requested_model))


def decimal_text(amount: Decimal | None) -> str | None:
    """Return an amount as the protocol tells it: exact, without needless zeros."""
    return None if amount is None else f"{amount.normalize():f}"


def _known_id(model_id: str, requested_model: str) -> str:
    """Return the id under which the catalogue has a model: an alias is the same one."""
    is_requested = facts_for(model_id).id == facts_for(requested_model).id
    return requested_model if is_requested else facts_for(model_id).id


def _request(round_: Round) -> Request:
    return Request(
        model=round_.model,
        is_batch=round_.is_batch,
        is_unbilled=is_unbilled(round_.stop_reason, round_.content),
        ran_code=runs_code(round_.content) and not _has_free_code(round_.turn_id),
    )


def _payer_of(round_: Round) -> int:
    if round_.payer_id is not None:
        return round_.payer_id
    if round_.turn_id is None:
        raise ValueError("A round without a turn needs a payer.")
    return Turn.objects.values_list("author_id", flat=True).get(id=round_.turn_id)


def _has_free_code(turn_id: UUID | None) -> bool:
    if turn_id is None:
        return False
    conversations = Conversation.objects.select_related("prefix")
    return code_is_free(conversations.get(turns=turn_id).prefix.tools)


def _charges(bill: Bill) -> list[dict[str, Any]]:
    if len(bill.charges) < 2:
        return []
    return [
        {
            "type": charge.type,
            "model": charge.model,
            "usage": charge.usage,
            "cost_usd": decimal_text(charge.usd),
        }
        for charge in bill.charges
    ]


def _thinking_tokens(usage: dict[str, Any]) -> int:
    details = usage.get("output_tokens_details")
    return count(details, "thinking_tokens") if isinstance(details, dict) else 0
