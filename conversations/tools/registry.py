"""Which tools a person may switch on for a new conversation, and who runs a call."""

from collections.abc import Sequence
from typing import Any, Protocol

from conversations.models import ModelCard
from conversations.prompts.server_tools import with_search

from .base import Definition, Offer, Tool
from .mcp.source import McpTools
from .own import OwnTools
from .servers import ServerTools


class Source(Protocol):
    """Where tools come from. Both methods may read rows: not for the event loop."""

    def offers(self, owner_id: Any) -> Sequence[Offer]:
        """Return what `owner_id` may switch on, with one model or another."""

    def find(self, owner_id: Any, name: str) -> Tool | None:
        """Return the tool that runs the calls of this name, if it is one of these."""


class UnknownTool(LookupError):
    """Nobody offers a tool of that name to this person with this model."""


SOURCES: list[Source] = [OwnTools(), ServerTools(), McpTools()]


def offers(owner_id: Any) -> list[Offer]:
    """Return all that a person may switch on, in the order of the sources."""
    return [offer for source in SOURCES for offer in source.offers(owner_id)]


def definitions(
    owner_id: Any, card: ModelCard, names: Sequence[str]
) -> list[Definition]:
    """Return what these offers declare, in the order of the offers, each once.

    Raises UnknownTool with the first name that is not offered with this model.
    """
    if not names:
        return []
    found = {offer.name: list(offer.declare(card)) for offer in offers(owner_id)}
    for name in names:
        if not found.get(name):
            raise UnknownTool(name)
    return with_search(
        [
            definition
            for name, declared in found.items()
            if name in names
            for definition in declared
        ]
    )


def find_tool(owner_id: Any, name: str) -> Tool | None:
    """Return the tool that runs the calls of this name."""
    found = (source.find(owner_id, name) for source in SOURCES)
    return next((tool for tool in found if tool is not None), None)
