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

CARD = ModelCard(model_id="m")


class Weather:
    """A source whose one offer declares two tools, for one person."""

    def offers(self, owner_id: Any, card: ModelCard) -> Sequence[Offer]:
        if owner_id != 1:
            return []
        tools: tuple[Definition, ...] = ({"name": "rain"}, {"name": "wind"})
        return [Offer("weather", "Weather", "", tools)]

    def find(self, owner_id: Any, name: str) -> Tool | None:
        return None


@pytest.fixture(autouse=True)
def weather(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "SOURCES", [Weather(), *registry.SOURCES])


def names(found: Sequence[Definition]) -> list[str]:
    return [definition["name"] for definition in found]


def test_offers_come_in_the_order_of_the_sources() -> None:
    assert [offer.name for offer in offers(1, CARD)][:2] == ["weather", "current_time"]


def test_definitions_keep_that_order_whatever_was_asked_for_first() -> None:
    found = definitions(1, CARD, ["current_time", "weather", "current_time"])

    assert names(found) == ["rain", "wind", "current_time"]


def test_nothing_asked_for_is_nothing_declared() -> None:
    assert definitions(1, CARD, []) == []


@pytest.mark.parametrize(("owner", "name"), [(1, "nothing"), (2, "weather")])
def test_what_is_not_offered_is_unknown(owner: int, name: str) -> None:
    with pytest.raises(UnknownTool, match=name):
        definitions(owner, CARD, ["current_time", name])


def test_call_finds_its_tool() -> None:
    tool = find_tool(1, "current_time")

    assert tool is not None
    assert tool.name == "current_time"
    assert find_tool(1, "rain") is None
