"""The tools that Claude's servers run: offered and declared here, never run here."""

from collections.abc import Sequence
from typing import Any

from conversations.prompts.server_tools import SERVER_TOOLS

from .base import Offer, Tool

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
}


class ServerTools:
    """The source of the servers' own tools, for the models that have them."""

    def offers(self, owner_id: Any) -> Sequence[Offer]:
        return [
            Offer(name, *WORDS[name], declare) for name, declare in SERVER_TOOLS.items()
        ]

    def find(self, owner_id: Any, name: str) -> Tool | None:
        return None
