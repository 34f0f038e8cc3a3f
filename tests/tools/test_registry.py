"""What is offered becomes the definitions that a conversation declares."""

from collections.abc import Sequence
from typing import Any

import pytest

from conversations.models import ModelCard
from conversations.tools import registry
from conversations.tools.base import Definition, Offer, Tool
from conversations.tools.registry import (
    UnknownTool,
    definitions,
    find_tool,
    offers,
)

pytestmark = pytest.mark.django_db  # a source may have rows

CARD = ModelCard(model_id="m")


class Weather:
    """A source whose one offer declares two tools, for one person and one model."""

    def offers(self, owner_id: Any) -> Sequence[Offer]:
        return [Offer("weather", "Weather", "", _declare)] if owner_id == 1 else []

    def find(self, owner_id: Any, name: str) -> Tool | None:
        return None


def _declare(card: ModelCard) -> Sequence[Definition]:
    return [{"name": "rain"}, {"name": "wind"}] if card == CARD else []


@pytest.fixture(autouse=True)
def weather(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "SOURCES", [Weather(), *registry.SOURCES])


def names(found: Sequence[Definition]) -> list[str]:
    return [definition["name"] for definition in found]


def test_offers_come_in_the_order_of_the_sources() -> None:
    assert [offer.name for offer in offers(1)][:2] == ["weather", "calculator"]


def test_definitions_keep_that_order_whatever_was_asked_for_first() -> None:
    found = definitions(1, CARD, ["current_time", "weather", "current_time"])

    assert names(found) == ["rain", "wind", "current_time"]


def test_nothing_asked_for_is_nothing_declared() -> None:
    assert definitions(1, CARD, []) == []


@pytest.mark.parametrize(
    ("owner", "card", "name"),
    [
        (1, CARD, "nothing"),
        (2, CARD, "weather"),
        (1, ModelCard(model_id="other"), "weather"),
    ],
)
def test_what_is_not_offered_is_unknown(owner: int, card: ModelCard, name: str) -> None:
    with pytest.raises(UnknownTool, match=name):
        definitions(owner, card, ["current_time", name])


def test_call_finds_its_tool() -> None:
    tool = find_tool(1, "current_time")

    assert tool is not None
    assert tool.name == "current_time"
    assert find_tool(1, "rain") is None
