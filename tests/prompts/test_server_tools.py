"""Which of the servers' tools a model is offered."""

from typing import Any

import pytest

from conversations.models import ModelCard
from conversations.prompts.server_tools import SERVER_TOOLS

YES, NO = {"supported": True}, {"supported": False}


def offered(capabilities: dict[str, Any] | None, model_id: str = "m") -> list[str]:
    card = ModelCard(model_id=model_id, capabilities=capabilities)
    return [name for name, declare in SERVER_TOOLS.items() if declare(card)]


@pytest.mark.parametrize(
    ("server_tools", "expected"),
    [
        (
            YES | {"web_search": YES, "code_execution": YES},
            ["web_search", "web_fetch", "code_execution"],
        ),
        (
            YES | {"web_search": NO, "code_execution": YES},
            ["web_fetch", "code_execution"],
        ),
        (YES | {"web_search": YES, "web_fetch": NO}, ["web_search"]),
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

    assert offered(capabilities, "claude-opus-5") == []
    assert offered(capabilities, "claude-opus-5-5") == ["web_fetch"]
