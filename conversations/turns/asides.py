"""Small requests in the background of a turn that has ended, each booked on it."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from django.db import DatabaseError

from conversations.claude import ClaudeError
from conversations.claude.pricing import Prices
from conversations.models import ModelCard, Purpose, Turn
from conversations.upstream import get_client
from conversations.usage.recording import Round, record_usage

from .writer import writer

logger = logging.getLogger(__name__)

type Act = Callable[[Turn], Awaitable[None]]


class Asides:
    """The tasks of one kind; nobody waits for them, and they may fail."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, turn: Turn, act: Act) -> None:
        """Do something for a turn in the background."""
        task = asyncio.get_running_loop().create_task(
            self._try(turn, act),
            name=f"{self._name} {turn.id}",
            context=contextvars.Context(),
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _try(self, turn: Turn, act: Act) -> None:
        try:
            await act(turn)
        except (ClaudeError, DatabaseError) as error:
            logger.info("No %s for turn %s: %s", self._name, turn.id, error)


async def request_aside(
    turn: Turn, purpose: Purpose, params: dict[str, Any], card: ModelCard
) -> list[dict[str, Any]]:
    """Send a small request to a card's model, book it, and return what was answered."""
    message = await get_client(card.provider).create(params)
    if usage := message.get("usage"):
        round_ = Round(
            turn_id=turn.id,
            number=1,
            attempt=1,
            model=message.get("model") or params["model"],
            upstream_message_id=message.get("id") or "",
            request_id="",
            usage=usage,
            purpose=purpose,
            payer_id=turn.author_id,
            requested_model=card.model_id,
            stop_reason=message.get("stop_reason") or "",
            content=message["content"],
        )
        await writer.do(lambda: record_usage(round_))
    content: list[dict[str, Any]] = message["content"]
    return content


def cheapest_card(beside: ModelCard) -> ModelCard | None:
    """Return the offered model with the lowest known price for answers.

    Only of the same provider: a conversation is shown to nobody else for a small request.
    """
    cards = ModelCard.objects.offered().filter(provider=beside.provider)
    priced = [
        (Prices.from_json(card.prices).output, card.position, card)
        for card in cards
        if card.prices
    ]
    return (
        min(priced, key=lambda item: (Decimal(item[0]), item[1]))[2] if priced else None
    )
