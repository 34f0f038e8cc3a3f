"""The tools in the composer's options: switches at first, then what was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conversations.models import Conversation, ModelCard
from conversations.tools.registry import find_tool, offers
from conversations.tools.servers import title_of


@dataclass(frozen=True)
class ToolChoice:
    """A switch of a new conversation. `lacking` are the models that cannot have it."""

    name: str
    title: str
    description: str
    lacking: tuple[str, ...]

    def __str__(self) -> str:
        return self.title


def tool_choices(owner_id: Any, cards: Sequence[ModelCard]) -> list[ToolChoice]:
    """Return what a person may switch on with at least one of these models."""
    choices = []
    for offer in offers(owner_id):
        lacking = tuple(card.model_id for card in cards if not offer.declare(card))
        if len(lacking) < len(cards):
            choices.append(
                ToolChoice(offer.name, offer.title, offer.description, lacking)
            )
    return choices


def declared_titles(conversation: Conversation) -> list[str]:
    """Return what people call the tools that a conversation has declared."""
    return [
        _title(conversation.owner_id, definition)
        for definition in conversation.prefix.tools
    ]


def _title(owner_id: Any, definition: dict[str, Any]) -> str:
    name = str(definition.get("name") or definition.get("type") or "a tool")
    if title := title_of(definition):
        return title
    tool = find_tool(owner_id, name)
    return tool.title if tool else name.replace("_", " ").capitalize()
