"""The tools that Claude's servers run: offered and declared here, never run here."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.functional import SimpleLazyObject

from conversations.models import ModelCard, WebTools
from conversations.prompts.server_tools import SERVER_TOOLS, Declare

from .base import Definition, Offer, Tool

# name -> what the switch is called, and what it lets Claude do
WORDS = {
    "web_search": (
        "Web search",
        "Claude may search the web and cites what it found. $10 per 1,000 searches.",
    ),
    "web_fetch": (
        "Read web pages",
        "Claude may open addresses that are mentioned in the conversation.",
    ),
    "code_execution": (
        "Run code",
        "Claude may run Python and make files, in a closed container without internet.",
    ),
    "tool_search": (
        "Find tools when needed",
        "Claude looks for the other tools instead of reading about all of them first;"
        " for many tools.",
    ),
}


def _with(web: WebTools, declare: Declare) -> Callable[[ModelCard], Any]:
    return lambda card: declare(card, web)


def title_of(definition: Definition) -> str | None:
    """Return what people call a tool of the servers; None for any other tool."""
    kind = str(definition.get("type"))
    found = (words[0] for name, words in WORDS.items() if kind.startswith(name))
    return next(found, None)


class ServerTools:
    """The source of the servers' own tools, for the models that have them."""

    def offers(self, owner_id: Any) -> Sequence[Offer]:
        # Read once, and only if a model has what it is for.
        web: Any = SimpleLazyObject(lambda: WebTools.of(owner_id))
        return [
            Offer(name, *WORDS[name], _with(web, declare))
            for name, declare in SERVER_TOOLS.items()
        ]

    def find(self, owner_id: Any, name: str) -> Tool | None:
        return None
