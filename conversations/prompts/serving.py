"""How a request is served, as a person chose it: sent only where it is offered."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from conversations.claude.platform_facts import PLATFORMS, Feature, Kind
from conversations.claude.platform_models import known_name
from conversations.claude.serving import Serving, serving_of
from conversations.models import ModelCard, Turn
from conversations.protocol.commands import Settings

FIELDS = {"speed": "speed", "inference_geo": "place", "service_tier": "capacity"}


def serving_for(card: ModelCard) -> Serving:
    """Return what a model offers on its platform."""
    lacks = card.provider.facts.lacks if card.provider else _lacking_here()
    return serving_of(known_name(card.wire_model), lacks, timezone.localdate())


def _lacking_here() -> frozenset[Feature]:
    # Nobody knows what another address than the API's own has.
    kind: Kind = "compatible" if settings.ANTHROPIC_BASE_URL else "anthropic"
    return PLATFORMS[kind].lacks


def serving_params(card: ModelCard, turn: Turn) -> dict[str, Any]:
    """Return the fields of a request; what is not offered any more is left out."""
    serving = serving_for(card)
    params = {
        name: getattr(turn, name)
        for name in FIELDS
        if getattr(turn, name) in getattr(serving, name)
    }
    if "speed" in params and serving.fast_betas:
        params["betas"] = serving.fast_betas
    return params


def settings_problem(card: ModelCard, chosen: Settings) -> str | None:
    """Say why a model refuses these settings, or None when it takes them."""
    serving = serving_for(card)
    if chosen.speed and getattr(chosen, "later", False):
        return "Fast mode is for answers at once. Choose the usual speed."
    for name, word in FIELDS.items():
        value = getattr(chosen, name) or ""
        offered = getattr(serving, name)
        if value and value not in offered:
            choices = ", ".join(offered) or "none: leave it at the default"
            return (
                f"{card.display_name} has no {word} {value[:40]!r} here. It offers:"
                f" {choices}."
            )
    return None
