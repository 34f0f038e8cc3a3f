"""Everything by the keyboard alone."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.chat import Chat, paced, words


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Go on with Tab until the element of that accessible name has focus."""
    goal = page.locator(":focus").and_(page.get_by_label(name, exact=True))
    for _step in range(80):
        press(page, key)
        if goal.count():
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


def test_a_conversation_without_a_mouse(chat: Chat) -> None:
    page = chat.page
    press(page, "Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the message box")
    press(page, "Enter")
    expect(chat.box).to_be_focused()

    page.keyboard.type("[simulate: echo] one")
    press(page, "Enter")
    chat.finished()
    expect(chat.box).to_be_focused()
    page.keyboard.insert_text(paced(words(300)))
    press(page, "Enter")
    chat.streaming("word5 ")
    tab_to(page, "Stop")
    press(page, "Enter")
    chat.ended("cancelled")
    # The focus stays where Stop was.
    expect(page.get_by_role("button", name="Send")).to_be_focused()


def test_toolbar_of_an_answer_is_walked_by_arrows(chat: Chat) -> None:
    chat.ask("[simulate: echo] one")
    page = chat.page
    tab_to(page, "Retry", "Shift+Tab")
    press(page, "ArrowRight")
    expect(page.get_by_label("Retry with another model")).to_be_focused()
    press(page, "ArrowLeft", "ArrowLeft")
    expect(chat.answer.get_by_label("Copy")).to_be_focused()
    press(page, "ArrowRight", "Enter")

    expect(chat.answer.locator(".branches__count")).to_have_text("2 / 2")
    chat.finished()
    chat.answer.get_by_label("Copy").focus()
    press(page, "Alt+ArrowLeft")
    expect(chat.answer.locator(".branches__count")).to_have_text("1 / 2")


def test_shortcuts(chat: Chat) -> None:
    page = chat.page
    chat.ask("[simulate: echo] one")
    chat.log.focus()
    press(page, "?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    expect(chat.log).to_be_focused()

    press(page, "/")
    expect(chat.box).to_be_focused()
    expect(chat.box).to_have_value("")
    press(page, "Control+Shift+o")
    expect(page).to_have_url(re.compile(r"/$"))


def test_menus_open_close_and_give_the_focus_back(chat: Chat) -> None:
    page = chat.page
    for name, menu in (
        ("Effort, thinking and tools", "#composer-options"),
        ("Account of root", "#account-menu"),
    ):
        button = page.get_by_role("button", name=name)
        button.focus()
        press(page, "Enter")
        expect(page.locator(menu)).to_be_visible()
        press(page, "Escape")
        expect(page.locator(menu)).to_be_hidden()
        expect(button).to_be_focused()


def test_escape_in_a_menu_does_not_stop_the_answer(chat: Chat) -> None:
    chat.send(paced(words(150)))
    chat.streaming("word5 ")
    chat.page.get_by_role("button", name="Effort, thinking and tools").click()

    press(chat.page, "Escape")

    chat.finished()
    expect(chat.prose).to_have_text(words(150))


def test_citation_card_opens_by_focus_and_closes_by_escape(chat: Chat) -> None:
    chat.attach(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Cranes are green."}
    )
    chat.ask("What does the file say of cranes?")
    chip = chat.answer.locator("a.citation").first
    card = chat.page.locator("#citation-card")

    chip.focus()
    expect(card).to_contain_text("Cranes are green.")
    press(chat.page, "Escape")

    expect(card).to_be_hidden()
    expect(chip).to_be_focused()
