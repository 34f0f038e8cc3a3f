"""What a batch will read and cost, told before it is started."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conversations.claude import ClaudeError
from conversations.claude.pricing import BATCH_MULTIPLIER, PER_TOKENS, Prices
from conversations.models import (
    Batch,
    BatchItem,
    BatchSource,
    ItemState,
    ModelCard,
)
from conversations.models.reading import read
from conversations.models.wire import dump
from conversations.upstream import get_client

from .requests import FilesGone, params_of

logger = logging.getLogger(__name__)

LONGEST_COUNT_SECONDS = 10.0  # ours: a page waits for it
SAMPLES = 3  # ours: one count takes as long as the page may
BYTES_PER_TOKEN = 4  # ours, where nobody counts: usual for English text
ANSWER_TOKENS = 500  # ours: a page of text, to compare with


@dataclass(frozen=True)
class Cost:
    """USD at half the price; None is unknown."""

    reading: Decimal | None
    writing: Decimal | None
    answer_tokens: int = ANSWER_TOKENS


async def estimate(batch: Batch, card: ModelCard) -> dict[str, Any] | None:
    """Return `{input_tokens, is_counted}` from a few items, or None when unknown.

    The items are of one kind, so tokens go with bytes well enough.
    """
    samples = await read(_samples, batch, card)
    try:
        client = get_client(card.provider)
        async with asyncio.timeout(LONGEST_COUNT_SECONDS):
            counts = [await client.count_tokens(params) for params in samples]
    except (ClaudeError, TimeoutError) as error:
        logger.info("Batch %s was not counted: %s", batch.id, error)
        counts = []
    if counts:
        per_byte = sum(counts) / sum(len(dump(params)) for params in samples)
        return {"input_tokens": round(batch.size_bytes * per_byte), "is_counted": True}
    if batch.source == BatchSource.ROWS:
        tokens = round(batch.size_bytes / BYTES_PER_TOKEN)
        return {"input_tokens": tokens, "is_counted": False}
    return None


def cost_of(batch: Batch, prices: Prices | None) -> Cost:
    """Return what a draft is expected to cost."""
    if prices is None:
        return Cost(None, None)
    answers = batch.item_count * ANSWER_TOKENS * prices.output
    reading = None
    if batch.estimate is not None:
        tokens: int = batch.estimate["input_tokens"]
        per_item = tokens // max(batch.item_count, 1)
        reading = _half(tokens * prices.for_prompt(per_item).input)
    return Cost(reading, _half(answers))


def _half(amount: Decimal) -> Decimal:
    return amount * BATCH_MULTIPLIER / PER_TOKENS


def _samples(batch: Batch, card: ModelCard) -> Sequence[dict[str, Any]]:
    waiting = BatchItem.objects.filter(batch=batch, state=ItemState.WAITING)
    last = batch.item_count - 1
    wanted = {last * number // (SAMPLES - 1) for number in range(SAMPLES)}
    try:
        return [
            params_of(batch, card, item.blocks)
            for item in waiting.filter(position__in=wanted)
        ]
    except FilesGone:
        return []
