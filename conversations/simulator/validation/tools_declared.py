"""The declarations of the tools that the API defines: their types and parameters."""

import re
from collections.abc import Mapping
from typing import Any

from conversations.simulator.errors import invalid
from conversations.simulator.validation.blocks import check_cache_control
from conversations.simulator.validation.shapes import (
    Check,
    Fields,
    a_bool,
    a_string,
    an_integer,
    anything,
    check_object,
    join,
    list_of,
    one_of,
)
from conversations.simulator.wire import Json

CALLERS = (
    "direct",
    "code_execution_20250825",
    "code_execution_20260120",
    "code_execution_20260521",
)
# Neither a scheme nor white space; a path may follow.
DOMAIN = re.compile(r"[^\s/:?#@]+\.[^\s/:?#@]+(?:/[^\s?#]*)?\Z")


def check_declared(tool: Json, path: str) -> str:
    """Check a tool that the API defines. Returns the name that Claude calls it by."""
    kind = str(tool["type"])
    name, optional = DECLARED[kind]
    required: dict[str, Check] = {"type": anything, "name": one_of((name,))}
    check_object(tool, path, required, {**COMMON, **optional})
    if tool.get("allowed_domains") and tool.get("blocked_domains"):
        raise invalid(
            path, "only one of `allowed_domains` and `blocked_domains` can be set"
        )
    return name


def _domain(value: Any, path: str) -> None:
    a_string(value, path)
    if not DOMAIN.match(value):
        raise invalid(
            path, f"'{value}' is no domain; give it without a scheme, as example.com"
        )


def _location(value: Any, path: str) -> None:
    places = ("city", "region", "country", "timezone")
    check_object(
        value, path, {"type": one_of(("approximate",))}, dict.fromkeys(places, a_string)
    )
    country = value.get("country")
    if country is not None and not re.fullmatch("[A-Z]{2}", country):
        raise invalid(join(path, "country"), "String should be an ISO code as 'AT'")


def _citations(value: Any, path: str) -> None:
    check_object(value, path, {}, {"enabled": a_bool})


COMMON: Fields = {
    "allowed_callers": list_of(one_of(CALLERS)),
    "cache_control": check_cache_control,
    "defer_loading": a_bool,
    "strict": a_bool,
}
_DOMAINS: Fields = {
    "max_uses": an_integer(1),
    "allowed_domains": list_of(_domain),
    "blocked_domains": list_of(_domain),
}
_INCLUSION: Fields = {"response_inclusion": one_of(("full", "excluded"))}
_SEARCH: Fields = {**_DOMAINS, "user_location": _location}
_FETCH: Fields = {
    **_DOMAINS,
    "max_content_tokens": an_integer(1),
    "citations": _citations,
}
_CACHED: Fields = {"use_cache": a_bool}

# type -> the tool's name, and its own parameters
DECLARED: Mapping[str, tuple[str, Fields]] = {
    "web_search_20250305": ("web_search", _SEARCH),
    "web_search_20260209": ("web_search", _SEARCH),
    "web_search_20260318": ("web_search", {**_SEARCH, **_INCLUSION}),
    "web_fetch_20250910": ("web_fetch", _FETCH),
    "web_fetch_20260209": ("web_fetch", _FETCH),
    "web_fetch_20260309": ("web_fetch", {**_FETCH, **_CACHED}),
    "web_fetch_20260318": ("web_fetch", {**_FETCH, **_CACHED, **_INCLUSION}),
    "code_execution_20250522": ("code_execution", {}),
    "code_execution_20250825": ("code_execution", {}),
    "code_execution_20260120": ("code_execution", {}),
    "code_execution_20260521": ("code_execution", {}),
    "tool_search_tool_regex_20251119": ("tool_search_tool_regex", {}),
    "tool_search_tool_bm25_20251119": ("tool_search_tool_bm25", {}),
    "memory_20250818": ("memory", {}),
    "text_editor_20250728": (
        "str_replace_based_edit_tool",
        {"max_characters": an_integer(1)},
    ),
    "bash_20250124": ("bash", {}),
}
