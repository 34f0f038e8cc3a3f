"""The tools that Claude's servers run themselves, as a conversation declares them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from conversations.claude.capabilities import supports
from conversations.models import ModelCard

type Definition = dict[str, Any]

# The newest of each (API reference, November 2026).
WEB_SEARCH = "web_search_20260318"
WEB_FETCH = "web_fetch_20260318"
CODE_EXECUTION = "code_execution_20260521"
TOOL_SEARCH = "tool_search_tool_bm25_20251119"
# By default newer web tools are called from code only, which not every model may do;
# called directly, their sources are cited (API guide, web search).
DIRECT = ["direct"]
WITHOUT_WEB_FETCH = frozenset({"claude-opus-5"})  # API guide, web fetch, August 2026


def web_search(card: ModelCard) -> list[Definition]:
    """Return the declaration of web search; [] where the model does not have it."""
    if not _has(card, "web_search"):
        return []
    return [
        {"type": WEB_SEARCH, "name": "web_search", "allowed_callers": DIRECT},
    ]


def web_fetch(card: ModelCard) -> list[Definition]:
    """Return the declaration of web fetch; [] where the model does not have it."""
    # The list of models tells of the servers' tools, but has no entry for this one.
    is_there = supports(card.capabilities, "server_tools")
    is_refused = supports(card.capabilities, "server_tools", "web_fetch") is False
    if not is_there or is_refused or card.model_id in WITHOUT_WEB_FETCH:
        return []
    return [{"type": WEB_FETCH, "name": "web_fetch", "allowed_callers": DIRECT}]


def code_execution(card: ModelCard) -> list[Definition]:
    """Return the declaration of code execution; [] where the model does not have it."""
    if not _has(card, "code_execution"):
        return []
    return [{"type": CODE_EXECUTION, "name": "code_execution"}]


def _has(card: ModelCard, tool: str) -> bool:
    """Whether the API has said that a model has a tool: unknown is not enough."""
    return supports(card.capabilities, "server_tools", tool) is True


# name -> how it is declared, in the order in which they are offered
SERVER_TOOLS: Mapping[str, Callable[[ModelCard], Sequence[Definition]]] = {
    "web_search": web_search,
    "web_fetch": web_fetch,
    "code_execution": code_execution,
}
