"""Tools of a conversation: switched on, called, shown, and fixed from then on."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.chat import Chat

SUM = '[simulate: tool name=calculator input={"expression": "17 * 23"}]'


def options(chat: Chat) -> Locator:
    chat.page.get_by_role("button", name="Effort, thinking and tools").click()
    return chat.page.locator("#composer-options")


def switch_on(chat: Chat, *titles: str) -> None:
    menu = options(chat)
    for title in titles:
        menu.get_by_role("checkbox", name=title).check()
    chat.page.keyboard.press("Escape")


def parts_of(card: Locator) -> list[str]:
    names = ("label", "subject", "summary")
    return [card.locator(f".tool-card__{name}").inner_text() for name in names]


def test_calculator_is_called_and_shown(chat: Chat) -> None:
    switch_on(chat, "Calculator")
    expect(chat.page.locator("#composer-options-summary")).to_have_text("1 tool")

    chat.ask(f"What is it? {SUM}")

    card = chat.answer.locator(".tool-card")
    expect(card).to_have_count(1)
    assert parts_of(card) == ["Calculator", "17 * 23", "= 391"]
    card.locator("summary").click()
    expect(card.locator(".tool-card__result")).to_have_text("391")
    expect(chat.prose.last).to_contain_text("The tool calculator answered 391.")
    expect(chat.answers).to_have_count(1)
    chat.reload()
    assert parts_of(card) == ["Calculator", "17 * 23", "= 391"]
    expect(chat.questions).to_have_count(1)
    [call] = chat.stored()["tool_calls"]
    assert (call["name"], call["state"], call["outcome"]) == (
        "calculator",
        "done",
        "= 391",
    )


def test_tools_are_fixed_once_the_conversation_has_begun(chat: Chat) -> None:
    switch_on(chat, "Calculator", "Date and time")
    chat.ask(SUM)

    menu = options(chat)
    expect(menu.get_by_role("checkbox", name="Calculator")).to_have_count(0)
    expect(menu).to_contain_text("Calculator, Date and time")
    chat.page.keyboard.press("Escape")
    chat.reload()
    expect(options(chat)).to_contain_text("Calculator, Date and time")
    chat.page.keyboard.press("Escape")
    chat.ask("Once more")
    assert [
        len(turn["tools"]) for turn in [chat.stored()["conversation"]["prefix"]]
    ] == [2]


def test_next_conversation_begins_with_the_same_tools(chat: Chat) -> None:
    switch_on(chat, "Calculator")
    chat.ask(SUM)

    chat.open("/")

    expect(options(chat).get_by_role("checkbox", name="Calculator")).to_be_checked()


def test_failed_call_is_open_and_says_why(chat: Chat) -> None:
    switch_on(chat, "Calculator")

    chat.ask('[simulate: tool name=calculator input={"expression": "1 / 0"}]')

    card = chat.answer.locator(".tool-card")
    expect(card.locator(".tool-card__result")).to_be_visible()
    expect(card).to_contain_text("divides by zero")
    assert parts_of(card)[2] == "Failed"


def test_calls_side_by_side_have_a_card_each(chat: Chat) -> None:
    switch_on(chat, "Calculator", "Date and time")

    chat.ask(f'{SUM} [simulate: tool name=current_time input={{"timezone": "UTC"}}]')

    labels = chat.answer.locator(".tool-card__label")
    expect(labels).to_have_text(["Calculator", "Date and time"])
    expect(chat.answers).to_have_count(1)


def set_permission(chat: Chat, permission: str) -> None:
    chat.page.goto(chat.page.url.split("/conversations/")[0].rstrip("/") + "/tools/")
    chat.page.get_by_label("Calculator").select_option(permission)
    chat.page.get_by_role("button", name="Save").click()
    expect(chat.page.get_by_role("status")).to_have_text("Saved.")


@pytest.fixture
def asked(chat: Chat) -> Iterator[Chat]:
    """A tab of a person whom the calculator has to ask."""
    set_permission(chat, "ask")
    chat.open("/")
    yield chat
    set_permission(chat, "always")


def waiting_card(chat: Chat) -> Locator:
    switch_on(chat, "Calculator")
    chat.send(f"What is it? {SUM}")
    card = chat.answer.locator(".tool-card")
    expect(card.locator(".tool-card__summary")).to_have_text("Waiting for you")
    return card


def test_call_waits_for_a_word_also_over_a_reload(asked: Chat) -> None:
    card = waiting_card(asked)
    expect(card.locator(".tool-card__input")).to_contain_text('"17 * 23"')
    asked.reload()

    card.get_by_role("button", name="Allow once").click()

    expect(card.locator(".tool-card__summary")).to_have_text("= 391")
    expect(asked.prose.last).to_contain_text("answered 391")
    expect(card.get_by_role("button")).to_have_count(0)


def test_denied_call_is_not_run(asked: Chat) -> None:
    card = waiting_card(asked)

    card.get_by_role("button", name="Deny").click()

    expect(card.locator(".tool-card__summary")).to_have_text("Not allowed")
    expect(asked.prose.last).to_contain_text("failed")


def test_always_allowed_is_not_asked_again(asked: Chat) -> None:
    card = waiting_card(asked)
    card.get_by_role("button", name="Always allow").click()
    expect(asked.prose.last).to_contain_text("answered 391")

    asked.ask(SUM)

    expect(asked.answer.locator(".tool-card__summary")).to_have_text("= 391")


def test_stop_while_a_call_waits(asked: Chat) -> None:
    card = waiting_card(asked)

    asked.stop.click()

    expect(card.locator(".tool-card__summary")).to_have_text("Not run")
    expect(asked.notice).to_contain_text("Stopped")


def test_note_is_kept_for_the_person_to_edit_and_delete(chat: Chat) -> None:
    switch_on(chat, "Memory")
    note = '{"command": "create", "path": "/memories/tea.md", "file_text": "Likes tea"}'
    chat.ask(f"Note it [simulate: tool name=memory input={note}]")
    summary = chat.answer.locator(".tool-card__summary")
    expect(summary).to_have_text("Noted /memories/tea.md")

    page = chat.page
    page.get_by_role("button", name="Account of root").click()
    page.get_by_role("link", name="Memory").click()
    page.get_by_role("link", name="/memories/tea.md").click()
    box = page.get_by_label("Content")
    expect(box).to_have_value("Likes tea")
    box.fill("Likes coffee")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("was saved")
    chat.open("/")
    chat.ask(
        "[simulate: tool name=memory"
        ' input={"command": "view", "path": "/memories/tea.md"}]'
    )
    expect(chat.prose.last).to_contain_text("Likes coffee")
    page.goto(page.url.split("/conversations/")[0].rstrip("/") + "/memory/")
    page.get_by_role("link", name="/memories/tea.md").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("main")).to_contain_text("There is nothing yet.")
