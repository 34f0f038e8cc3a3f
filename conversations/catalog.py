"""The model cards: loaded from the shipped catalogue, refreshed from the API."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from conversations.claude import ClaudeClient, ClaudeError
from conversations.claude.capabilities import (
    supported_efforts,
    supports,
    thinking_modes,
)
from conversations.claude.catalog import KNOWN_MODELS, ModelFacts, facts_for
from conversations.claude.platform_models import known_name, limited_to
from conversations.models import ModelCard, Provider
from conversations.models.model_card import find_card
from conversations.models.reading import read
from conversations.upstream import get_client, is_simulated

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What the page offers for one model; unknown abilities are left out.

    `provider` is the name of its platform, "" for that of the environment.
    """

    id: str
    name: str
    provider: str
    efforts: tuple[str, ...]
    default_effort: str
    thinking: tuple[str, ...]
    thinking_default: str
    context_tokens: int | None
    max_tokens: int | None
    image_input: bool | None
    pdf_input: bool | None
    structured_outputs: bool | None
    batch: bool
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


async def refresh_cards(provider: Provider | None = None) -> int:
    """Take the models that an API names into the cards; return how many came.

    Raises ClaudeError when the API cannot be asked; the cards stay as they are.
    """
    models = await get_client(provider).models()
    await read(_store, models, provider)
    return len(models)


async def refresh_quietly() -> None:
    """Refresh on start: without an answer the last good copy serves."""
    providers = await read(lambda: list(Provider.objects.enabled()))
    for provider in (None, *(item for item in providers if item.offers("models"))):
        name = provider.name if provider else "the environment's platform"
        try:
            count = await refresh_cards(provider)
        except ClaudeError as error:
            logger.warning("The model list of %s was not refreshed: %s", name, error)
        else:
            logger.info("The model list of %s was refreshed: %d models.", name, count)


def choices() -> list[Choice]:
    """Return what people may choose from, in the admin's order."""
    return [choice_of(card) for card in offered_cards()]


def offered_cards() -> list[ModelCard]:
    """Return the cards that people may choose from: by provider, in the admin's order.

    Where the upstream has no Models API, the default model is offered all the same. The
    simulator stands back where a provider answers.
    """
    cards = list(ModelCard.objects.offered())
    if is_simulated() and any(card.provider for card in cards):
        cards = [card for card in cards if card.provider]
    elif not any(card.model_id == settings.DEFAULT_MODEL for card in cards):
        cards.insert(0, card_for(settings.DEFAULT_MODEL))
    # Stable: within a provider the order stays.
    cards.sort(key=_place_of_provider)
    return cards


def by_provider(choices: Sequence[Choice]) -> list[tuple[str, list[Choice]]]:
    """Return the choices under the names of their providers; under "" if it is one."""
    groups: dict[str, list[Choice]] = {}
    for choice in choices:
        groups.setdefault(choice.provider, []).append(choice)
    if len(groups) == 1:
        return [("", list(choices))]
    base_url = settings.ANTHROPIC_BASE_URL
    own = (base_url and urlsplit(base_url).hostname) or "Claude API"
    return [(name or own, group) for name, group in groups.items()]


def default_among(choices: Sequence[Choice]) -> str:
    """Return which of the choices is meant by whoever chooses none."""
    model_id: str = settings.DEFAULT_MODEL
    if any(choice.id == model_id for choice in choices):
        return model_id
    return choices[0].id


def default_model() -> str:
    """Return the model of whoever chooses none."""
    if is_simulated() and Provider.objects.enabled().exists():
        return default_among(choices())
    model_id: str = settings.DEFAULT_MODEL
    return model_id


def offered_card(model_id: str) -> ModelCard | None:
    """Return the card of a model that people may choose: offered, or the default."""
    if model_id == settings.DEFAULT_MODEL:
        return card_for(model_id)
    return ModelCard.objects.offered().filter(model_id=model_id).first()


def card_for(model_id: str) -> ModelCard:
    """Return the stored card of a model, or an unsaved one with the safe minimum."""
    card = find_card(model_id)
    return card or _card_of(facts_for(model_id), 1000, model_id=model_id)


def card_at(provider: Provider, wire_id: str) -> ModelCard:
    """Return an unsaved card of a provider's model, with what is known of it elsewhere."""
    card = card_for(known_name(wire_id))
    card.model_id = f"{provider.slug}/{wire_id}"
    card.provider, card.wire_id = provider, wire_id
    card.refreshed_at = card.hidden_at = None
    card.capabilities = limited_to(card.capabilities, provider.facts.lacks)
    card._state.adding = True
    return card


async def client_for(model_id: str) -> ClaudeClient:
    """Return the client that reaches a model, known by its card's id."""
    card = await read(card_for, model_id)
    return get_client(card.provider)


def runs_batches(card: ModelCard) -> bool:
    """Whether a model surely answers later for half the price, where it is offered."""
    is_offered = card.provider is None or card.provider.offers("batches")
    return is_offered and supports(card.capabilities, "batch") is True


def choice_of(card: ModelCard) -> Choice:
    return Choice(
        id=card.model_id,
        name=card.display_name or card.model_id,
        provider=card.provider.name if card.provider else "",
        efforts=supported_efforts(card.capabilities),
        default_effort=card.default_effort,
        thinking=thinking_modes(card.capabilities),
        thinking_default=card.thinking_default,
        context_tokens=card.max_input_tokens,
        max_tokens=card.max_tokens,
        image_input=supports(card.capabilities, "image_input"),
        pdf_input=supports(card.capabilities, "pdf_input"),
        structured_outputs=supports(card.capabilities, "structured_outputs"),
        batch=runs_batches(card),
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


def _place_of_provider(card: ModelCard) -> tuple[int, str]:
    if card.provider is None:
        return (-1, "")
    return (card.provider.position, card.provider.name)


def _store(models: list[dict[str, Any]], provider: Provider | None) -> None:
    """Overwrite the facts, never the admin's columns."""
    now = timezone.now()
    for model in models:
        capabilities = model.get("capabilities")
        if provider is not None:
            capabilities = limited_to(capabilities, provider.facts.lacks)
        facts = {
            "display_name": model.get("display_name") or model["id"],
            "line": model.get("line") or "",
            "lifecycle": model.get("lifecycle") or "active",
            "retires_at": parse_datetime(model.get("retires_at") or ""),
            "max_input_tokens": model.get("max_input_tokens"),
            "max_tokens": model.get("max_tokens"),
            "capabilities": capabilities,
            "refreshed_at": now,
        }
        # An absent fact is unknown, not gone: the last good copy of it stays.
        known = {name: value for name, value in facts.items() if value is not None}
        new = _new_card(provider, model["id"])
        ModelCard.objects.update_or_create(
            model_id=new.model_id,
            defaults=known,
            create_defaults=known | {name: getattr(new, name) for name in _KEPT},
        )


# What no API tells, and what ties a card to its provider.
_KEPT = (
    "provider",
    "wire_id",
    "position",
    "default_effort",
    "thinking_default",
    "cache_minimum_tokens",
    "prices",
)


def _new_card(provider: Provider | None, wire_id: str) -> ModelCard:
    if provider is not None:
        return card_at(provider, wire_id)
    return _card_of(facts_for(wire_id), 1000, model_id=wire_id)
