"""The tools that Claude's servers run themselves, as a conversation declares them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from conversations.claude.capabilities import supports
from conversations.models import ModelCard, WebTools

type Definition = dict[str, Any]
type Declare = Callable[[ModelCard, WebTools], Sequence[Definition]]

# The newest of each (API reference, November 2026).
WEB_SEARCH = "web_search_20260318"
WEB_FETCH = "web_fetch_20260318"
CODE_EXECUTION = "code_execution_20260521"
TOOL_SEARCH = "tool_search_tool_bm25_20251119"
# By default newer web tools are called from code only, which not every model may do;
# called directly, their sources are cited (API guide, web search).
DIRECT = ["direct"]
WITHOUT_WEB_FETCH = frozenset({"claude-opus-5"})  # API guide, web fetch, August 2026


def web_search(card: ModelCard, web: WebTools) -> list[Definition]:
    """Return the declaration of web search; [] where the model does not have it."""
    if not _has(card, "web_search"):
        return []
    found = {"type": WEB_SEARCH, "name": "web_search", **_limits(web)}
    if location := web.location:
        found["user_location"] = {"type": "approximate", **location}
    return [found]


def web_fetch(card: ModelCard, web: WebTools) -> list[Definition]:
    """Return the declaration of web fetch; [] where the model does not have it."""
    # The list of models tells of the servers' tools, but has no entry for this one.
    is_there = supports(card.capabilities, "server_tools")
    is_refused = supports(card.capabilities, "server_tools", "web_fetch") is False
    if not is_there or is_refused or card.wire_model in WITHOUT_WEB_FETCH:
        return []
    return [{"type": WEB_FETCH, "name": "web_fetch", **_limits(web)}]


def code_execution(card: ModelCard, web: WebTools) -> list[Definition]:
    """Return the declaration of code execution; [] where the model does not have it."""
    if not _has(card, "code_execution"):
        return []
    return [{"type": CODE_EXECUTION, "name": "code_execution"}]


def tool_search(card: ModelCard, web: WebTools) -> list[Definition]:
    """Return the declaration of tool search; [] where the model does not have it."""
    if not supports(card.capabilities, "server_tools"):
        return []
    return [{"type": TOOL_SEARCH, "name": TOOL_SEARCH.rpartition("_")[0]}]


def with_search(definitions: Sequence[Definition]) -> list[Definition]:
    """Return declarations as they stand beside tool search, if that is among them.

    Claude then learns of the other tools when it looks for them: many do not fill its
    window. Those of the servers stay as they are.
    """
    if not any(definition.get("type") == TOOL_SEARCH for definition in definitions):
        return list(definitions)
    return [
        {**definition, "defer_loading": True}
        if "input_schema" in definition
        else definition
        for definition in definitions
    ]


def _limits(web: WebTools) -> Definition:
    limits: Definition = {"allowed_callers": DIRECT}
    if web.max_uses:
        limits["max_uses"] = web.max_uses
    if web.allowed_domains:
        limits["allowed_domains"] = web.allowed_domains
    elif web.blocked_domains:
        limits["blocked_domains"] = web.blocked_domains
    return limits


def _has(card: ModelCard, tool: str) -> bool:
    """Whether the API has said that a model has a tool: unknown is not enough."""
    return supports(card.capabilities, "server_tools", tool) is True


# name -> how it is declared, in the order in which they are offered
SERVER_TOOLS: Mapping[str, Declare] = {
    "web_search": web_search,
    "web_fetch": web_fetch,
    "code_execution": code_execution,
    "tool_search": tool_search,
}
