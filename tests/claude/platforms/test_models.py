"""A model that a platform calls by another name and serves with less."""

import pytest

from conversations.claude.capabilities import supports
from conversations.claude.platform_facts import PLATFORMS, Kind
from conversations.claude.platform_models import known_name, limited_to

ALL = {
    "batch": {"supported": True},
    "compaction": {"supported": True, "summarize": {"supported": True}},
    "image_input": {"supported": True},
    "server_tools": {
        "supported": True,
        "code_execution": {"supported": True},
        "web_search": {"supported": True},
    },
    "structured_outputs": {"supported": True},
}


@pytest.mark.parametrize(
    ("wire_id", "name"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("anthropic.claude-opus-5-5", "claude-opus-5-5"),
        ("us.anthropic.claude-opus-4-8-v1:0", "claude-opus-4-8"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("claude-sonnet-5", "claude-sonnet-5"),
        ("claude-opus-9", "claude-opus-9"),
        ("our-deployment", "our-deployment"),
        ("arn:aws:bedrock:eu-west-1:1:application-inference-profile/x", None),
    ],
)
def test_a_platforms_id_names_the_model(wire_id: str, name: str | None) -> None:
    assert known_name(wire_id) == (name or wire_id)


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("anthropic", {"batch", "search", "code", "json", "compaction"}),
        ("aws", {"batch", "search", "code", "json", "compaction"}),
        ("google_anthropic", {"batch", "search", "code", "json", "compaction"}),
        ("google", {"search", "json"}),
        ("foundry", {"search", "code", "json"}),
        ("foundry_azure", set()),
        ("bedrock", set()),
        ("bedrock_legacy", {"json"}),
    ],
)
def test_capabilities_are_those_that_the_platform_has(
    kind: Kind, left: set[str]
) -> None:
    limited = limited_to(ALL, PLATFORMS[kind].lacks)

    paths = {
        "batch": ("batch",),
        "search": ("server_tools", "web_search"),
        "code": ("server_tools", "code_execution"),
        "json": ("structured_outputs",),
        "compaction": ("compaction", "summarize"),
    }
    assert {name for name, path in paths.items() if supports(limited, *path)} == left
    assert supports(limited, "image_input")
    assert ALL["batch"] == {"supported": True}


def test_what_nobody_said_stays_unsaid() -> None:
    assert limited_to(None, PLATFORMS["bedrock"].lacks) is None
    assert supports(limited_to({}, PLATFORMS["google"].lacks), "image_input") is None
    assert "compaction" not in (limited_to({}, PLATFORMS["google"].lacks) or {})
