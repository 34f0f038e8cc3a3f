"""Thinking as a model takes it: shown, not shown, counted."""

from typing import Any

import pytest

from conversations.claude.capabilities import capabilities_of, thinking_modes
from conversations.models import ModelCard
from conversations.prompts.thinking import (
    THINKING_COUNT_BETA,
    settings_problem,
    thinking_betas,
    thinking_params,
)


def card(*types: str, **more: Any) -> ModelCard:
    capabilities = capabilities_of(thinking=types, efforts=("high", "max"))
    return ModelCard(
        display_name="Model", max_tokens=64_000, capabilities={**capabilities, **more}
    )


@pytest.mark.parametrize(
    ("types", "modes"),
    [
        (["adaptive"], ("adaptive", "omitted")),
        (["adaptive", "between_tools"], ("adaptive", "between_tools", "omitted")),
        (["enabled", "disabled"], ("enabled", "disabled", "omitted")),
        (["disabled"], ("disabled",)),
        ([], ()),
    ],
)
def test_what_people_may_choose(types: list[str], modes: tuple[str, ...]) -> None:
    assert thinking_modes(card(*types).capabilities) == modes


def test_thinking_that_is_not_shown() -> None:
    old = thinking_params(card("enabled"), "omitted")["thinking"]

    assert thinking_params(card("adaptive"), "omitted") == {
        "thinking": {"type": "adaptive", "display": "omitted"}
    }
    assert (old["type"], old["display"]) == ("enabled", "omitted")
    assert thinking_params(card("disabled"), "omitted") == {}


def test_it_is_no_way_to_switch_thinking_off() -> None:
    assert settings_problem(card("adaptive"), "max", "omitted") is None
    assert "has no thinking 'omitted'" in (
        settings_problem(card("disabled"), "", "omitted") or ""
    )


def test_it_is_counted_where_betas_are_understood() -> None:
    told = card("adaptive", compaction={"supported": False})

    assert thinking_betas(told, "omitted") == [THINKING_COUNT_BETA]
    assert thinking_betas(told, "adaptive") == []
    assert thinking_betas(card("adaptive"), "omitted") == []
