"""Which of the servers' tools a model is offered."""

from typing import Any

import pytest

from conversations.models import ModelCard, WebTools
from conversations.prompts.server_tools import SERVER_TOOLS, with_search

YES, NO = {"supported": True}, {"supported": False}


def offered(capabilities: dict[str, Any] | None, model_id: str = "m") -> list[str]:
    card = ModelCard(model_id=model_id, capabilities=capabilities)
    return [name for name, declare in SERVER_TOOLS.items() if declare(card, WebTools())]


@pytest.mark.parametrize(
    ("server_tools", "expected"),
    [
        (
            YES | {"web_search": YES, "code_execution": YES},
            ["web_search", "web_fetch", "code_execution", "tool_search"],
        ),
        (
            YES | {"web_search": NO, "code_execution": YES},
            ["web_fetch", "code_execution", "tool_search"],
        ),
        (YES | {"web_search": YES, "web_fetch": NO}, ["web_search", "tool_search"]),
        (NO | {"web_search": NO, "code_execution": NO}, []),
        (None, []),
    ],
)
def test_only_what_the_api_says_is_offered(
    server_tools: dict[str, Any] | None, expected: list[str]
) -> None:
    assert offered({"server_tools": server_tools}) == expected


def test_unknown_abilities_are_not_offered() -> None:
    assert offered(None) == []


def test_opus_5_reads_no_web_pages() -> None:
    capabilities = {"server_tools": YES}

    assert offered(capabilities, "claude-opus-5") == ["tool_search"]
    assert offered(capabilities, "claude-opus-5-5") == ["web_fetch", "tool_search"]


def declared(name: str, **settings: Any) -> dict[str, Any]:
    capabilities = {"server_tools": YES | {"web_search": YES}}
    card = ModelCard(model_id="m", capabilities=capabilities)
    [definition] = SERVER_TOOLS[name](card, WebTools(**settings))
    return definition


def test_what_a_person_has_set_is_declared() -> None:
    settings: dict[str, Any] = {
        "max_uses": 3,
        "allowed_domains": ["a.example"],
        "city": "Vienna",
        "country": "AT",
    }

    assert declared("web_search", **settings) == {
        "type": "web_search_20260318",
        "name": "web_search",
        "allowed_callers": ["direct"],
        "max_uses": 3,
        "allowed_domains": ["a.example"],
        "user_location": {"type": "approximate", "city": "Vienna", "country": "AT"},
    }
    # A page is read wherever one is.
    assert declared("web_fetch", **settings) == {
        "type": "web_fetch_20260318",
        "name": "web_fetch",
        "allowed_callers": ["direct"],
        "max_uses": 3,
        "allowed_domains": ["a.example"],
    }


def test_blocked_sites_are_declared_alone() -> None:
    settings = {"allowed_domains": [], "blocked_domains": ["b.example"]}

    assert declared("web_search", **settings)["blocked_domains"] == ["b.example"]
    assert "allowed_domains" not in declared("web_search", **settings)


def test_beside_tool_search_our_tools_are_loaded_when_needed() -> None:
    own = {"name": "clock", "input_schema": {"type": "object"}}
    search = declared("tool_search")
    fetch = declared("web_fetch")

    assert with_search([own, fetch]) == [own, fetch]
    assert with_search([own, fetch, search]) == [
        own | {"defer_loading": True},
        fetch,
        search,
    ]
