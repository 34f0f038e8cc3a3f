"""What a request that is not sent yet will cost, as far as one can know."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from conversations.claude.billing import Request, make_bill
from conversations.claude.pricing import Prices
from conversations.models import ModelCard, Purpose, UsageRecord

RECENT_ANSWERS = 20
FEW_ANSWERS = 5  # ours: fewer say nothing about the next
USUAL_ANSWER = (200, 2_000)  # ours, in tokens, for a model that was hardly used yet
NEAR_STEP = Decimal("0.9")  # ours: from here on a price step is worth a warning


@dataclass(frozen=True)
class Forecast:
    """From the cheapest case to the dearest; None when a price is unknown.

    Cheap: what is cached is read from the cache, and the answer is short. Dear: nothing
    is cached any more, and the answer is long. `notes` are sentences about prices.
    """

    low_usd: Decimal | None
    high_usd: Decimal | None
    answer_tokens: tuple[int, int]
    notes: list[str]


def forecast(
    card: ModelCard,
    input_tokens: int,
    cached_tokens: int,
    answer_tokens: tuple[int, int] = USUAL_ANSWER,
    *,
    is_batch: bool = False,
) -> Forecast:
    """Return what an answer to so many tokens may cost."""
    prices = Prices.from_json(card.prices) if card.prices else None
    short, long = answer_tokens
    request = Request(model=card.model_id, is_batch=is_batch)
    cached = min(cached_tokens, input_tokens)
    return Forecast(
        low_usd=_cost(card, request, prices, input_tokens, cached, short),
        high_usd=_cost(card, request, prices, input_tokens, 0, long),
        answer_tokens=answer_tokens,
        notes=_notes(prices, input_tokens),
    )


def usual_answer(user: AbstractBaseUser, model: str) -> tuple[int, int]:
    """Return how short and how long a person's latest answers of a model were."""
    records = UsageRecord.objects.paid_by(user).filter(
        model=model, purpose=Purpose.ANSWER, is_estimated=False
    )
    latest = records.order_by("-id").values_list("output_tokens", flat=True)
    lengths = sorted(latest[:RECENT_ANSWERS])
    if len(lengths) < FEW_ANSWERS:
        return USUAL_ANSWER
    tenth = len(lengths) // 10
    return lengths[tenth], lengths[-1 - tenth]


def _cost(
    card: ModelCard,
    request: Request,
    prices: Prices | None,
    tokens: int,
    cached: int,
    answer: int,
) -> Decimal | None:
    rest = tokens - cached
    is_written = tokens >= (card.cache_minimum_tokens or 0)
    usage: dict[str, Any] = {
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens" if is_written else "input_tokens": rest,
        "output_tokens": answer,
    }
    return make_bill(usage, request, lambda _: prices).cost_usd


def _notes(prices: Prices | None, input_tokens: int) -> list[str]:
    step = prices.long_prompt if prices else None
    if prices is None or step is None:
        return []
    times = (step.input / prices.input).normalize() if prices.input else None
    dearer = f"{times:f} times as much" if times else f"${step.input:f} per million"
    left = step.above_tokens - input_tokens
    if left < 0:
        return [
            f"The prompt has more than {step.above_tokens:,} tokens: each of them costs"
            f" {dearer}."
        ]
    if input_tokens > step.above_tokens * NEAR_STEP:
        return [
            f"{left:,} tokens are left until the whole prompt costs {dearer} per token."
        ]
    return []
