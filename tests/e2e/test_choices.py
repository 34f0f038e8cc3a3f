"""Model, effort and thinking, as far as the model has them."""

import json

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.chat import Chat, Json


def models_of(chat: Chat) -> list[Json]:
    text = chat.page.locator("#page-data").text_content() or "{}"
    models: list[Json] = json.loads(text)["models"]
    return models


def values_of(select: Locator) -> list[str]:
    values: list[str] = select.locator("option").evaluate_all(
        "(options) => options.map(({ value }) => value).filter(Boolean)"
    )
    return values


def test_controls_follow_what_each_model_can_do(chat: Chat) -> None:
    options = chat.page.get_by_role("button", name="Effort, thinking and tools")
    models = models_of(chat)
    assert {bool(model["efforts"]) for model in models} == {True, False}

    for model in models:
        chat.page.get_by_label("Model", exact=True).select_option(model["id"])
        # There are tools for every model.
        expect(options).to_be_visible()
        assert values_of(chat.page.locator("#composer-effort")) == model["efforts"]
        assert values_of(chat.page.locator("#composer-thinking")) == model["thinking"]


def test_choices_go_with_the_message_and_stay_for_the_next(chat: Chat) -> None:
    chat.page.get_by_label("Model", exact=True).select_option(label="Claude Sonnet 5.5")
    chat.page.get_by_role("button", name="Effort, thinking and tools").click()
    chat.page.get_by_label("Effort", exact=True).select_option("low")
    expect(chat.page.locator("#composer-options-summary")).to_contain_text("Low")
    chat.page.keyboard.press("Escape")
    chat.ask("What is new?")
    chat.reload()
    chat.ask("And what else?")

    turns = chat.stored()["turns"]
    assert [(t["model"], t["effort"]) for t in turns] == [
        ("claude-sonnet-5-5", "low")
    ] * 2


@pytest.mark.parametrize("thinking", ["disabled", None])
def test_thinking_is_shown_unless_it_is_off(chat: Chat, thinking: str | None) -> None:
    chat.page.get_by_label("Model", exact=True).select_option(label="Claude Sonnet 4.6")
    if thinking:
        chat.page.get_by_role("button", name="Effort, thinking and tools").click()
        chat.page.get_by_label("Thinking", exact=True).select_option(thinking)
        chat.page.keyboard.press("Escape")
    else:
        chat.page.get_by_label("Model", exact=True).select_option(
            label="Claude Opus 5.5"
        )

    chat.ask("What is new?")

    expect(chat.answer.locator("details.thinking")).to_have_count(0 if thinking else 1)
