"""The model cards: loaded from the shipped catalogue, refreshed from the API."""

import logging
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from conversations.claude import ClaudeError
from conversations.claude.capabilities import (
    supported_efforts,
    supported_thinking,
    supports,
)
from conversations.claude.catalog import KNOWN_MODELS, ModelFacts, facts_for
from conversations.models import ModelCard
from conversations.models.model_card import find_card
from conversations.models.reading import read
from conversations.upstream import get_client

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What the page offers for one model; unknown abilities are left out."""

    id: str
    name: str
    efforts: tuple[str, ...]
    default_effort: str
    thinking: tuple[str, ...]
    thinking_default: str
    context_tokens: int | None
    max_tokens: int | None
    image_input: bool | None
    pdf_input: bool | None
    structured_outputs: bool | None
    prices: dict[str, Any] | None
    lifecycle: str
    retires_at: str | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def load_cards() -> None:
    """Add a card for each shipped model that has none. Never changes a card."""
    present = set(ModelCard.objects.values_list("model_id", flat=True))
    ModelCard.objects.bulk_create(
        [
            _card_of(facts, position)
            for position, facts in enumerate(KNOWN_MODELS)
            if facts.id not in present
        ],
        ignore_conflicts=True,
    )


async def refresh_cards() -> int:
    """Take the models that the API names into the cards; return how many came.

    Raises ClaudeError when the API cannot be asked; the cards stay as they are.
    """
    models = await get_client().models()
    await read(_store, models)
    return len(models)


async def refresh_quietly() -> None:
    """Refresh on start: without an answer the last good copy serves."""
    try:
        count = await refresh_cards()
    except ClaudeError as error:
        logger.warning("The model list was not refreshed: %s", error)
    else:
        logger.info("The model list was refreshed: %d models.", count)


def choices() -> list[Choice]:
    """Return what people may choose from, in the admin's order."""
    return [choice_of(card) for card in offered_cards()]


def offered_cards() -> list[ModelCard]:
    """Return the cards that people may choose from, in the admin's order.

    Where the upstream has no Models API, the default model is offered all the same.
    """
    cards = list(ModelCard.objects.offered())
    if not any(card.model_id == settings.DEFAULT_MODEL for card in cards):
        cards.insert(0, card_for(settings.DEFAULT_MODEL))
    return cards


def offered_card(model_id: str) -> ModelCard | None:
    """Return the card of a model that people may choose: offered, or the default."""
    if model_id == settings.DEFAULT_MODEL:
        return card_for(model_id)
    return ModelCard.objects.offered().filter(model_id=model_id).first()


def card_for(model_id: str) -> ModelCard:
    """Return the stored card of a model, or an unsaved one with the safe minimum."""
    card = find_card(model_id)
    return card or _card_of(facts_for(model_id), 1000, model_id=model_id)


def choice_of(card: ModelCard) -> Choice:
    return Choice(
        id=card.model_id,
        name=card.display_name or card.model_id,
        efforts=supported_efforts(card.capabilities),
        default_effort=card.default_effort,
        thinking=supported_thinking(card.capabilities),
        thinking_default=card.thinking_default,
        context_tokens=card.max_input_tokens,
        max_tokens=card.max_tokens,
        image_input=supports(card.capabilities, "image_input"),
        pdf_input=supports(card.capabilities, "pdf_input"),
        structured_outputs=supports(card.capabilities, "structured_outputs"),
        prices=card.prices,
        lifecycle=card.lifecycle,
        retires_at=card.retires_at.isoformat() if card.retires_at else None,
    )


def _card_of(
    facts: ModelFacts, position: int, *, model_id: str | None = None
) -> ModelCard:
    return ModelCard(
        model_id=model_id or facts.id,
        display_name=facts.display_name or model_id or facts.id,
        line=facts.line or "",
        lifecycle=facts.lifecycle or "active",
        released=facts.released,
        retires_at=_start_of(facts.retires_at),
        max_input_tokens=facts.max_input_tokens,
        max_tokens=facts.max_tokens,
        capabilities=facts.capabilities,
        default_effort=facts.default_effort or "",
        thinking_default=facts.thinking_default,
        cache_minimum_tokens=facts.cache_minimum_tokens,
        prices=facts.prices.as_json() if facts.prices else None,
        position=position,
    )


def _start_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, tzinfo=UTC)


def _store(models: list[dict[str, Any]]) -> None:
    """Overwrite the facts, never the admin's columns."""
    now = timezone.now()
    for model in models:
        facts = {
            "display_name": model.get("display_name") or model["id"],
            "line": model.get("line") or "",
            "lifecycle": model.get("lifecycle") or "active",
            "retires_at": parse_datetime(model.get("retires_at") or ""),
            "max_input_tokens": model.get("max_input_tokens"),
            "max_tokens": model.get("max_tokens"),
            "capabilities": model.get("capabilities"),
            "refreshed_at": now,
        }
        # An absent fact is unknown, not gone: the last good copy of it stays.
        known = {name: value for name, value in facts.items() if value is not None}
        ModelCard.objects.update_or_create(
            model_id=model["id"],
            defaults=known,
            create_defaults=known | _admin_columns(model["id"]),
        )


def _admin_columns(model_id: str) -> dict[str, Any]:
    card = _card_of(facts_for(model_id), 1000, model_id=model_id)
    names = ("default_effort", "thinking_default", "cache_minimum_tokens", "prices")
    return {name: getattr(card, name) for name in names}
