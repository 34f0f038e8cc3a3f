"""The tools of Colloquy itself: each is a file here, and one line below."""

from collections.abc import Sequence
from typing import Any

from .base import Offer, Tool
from .calculator import Calculator
from .clock import Clock
from .fetch import FetchPage
from .memory import Memory
from .pages import ReadPages
from .search import SearchConversations

OWN: tuple[Tool, ...] = (
    Calculator(),
    Clock(),
    Memory(),
    SearchConversations(),
    ReadPages(),
    FetchPage(),
)


class OwnTools:
    """The source of our own tools: any model that takes tools takes them."""

    def offers(self, owner_id: Any) -> Sequence[Offer]:
        return [_offer(tool) for tool in OWN]

    def find(self, owner_id: Any, name: str) -> Tool | None:
        return next((tool for tool in OWN if tool.name == name), None)


def _offer(tool: Tool) -> Offer:
    return Offer(
        tool.name,
        tool.title,
        tool.summary,
        lambda card: [tool.definition()] if tool.fits(card) else [],
    )
