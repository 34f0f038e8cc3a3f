"""Versions of messages and answers."""

import re

from playwright.sync_api import expect

from tests.e2e.chat import Chat


def test_edit_makes_a_branch_and_the_switcher_moves_between_versions(
    chat: Chat,
) -> None:
    chat.ask("[simulate: echo] one")
    chat.ask("[simulate: echo] two")

    chat.questions.first.hover()
    chat.questions.first.get_by_role("button", name="Edit").click()
    expect(chat.box).to_have_value("[simulate: echo] one")
    expect(chat.page.locator("#composer-editing")).to_be_visible()
    chat.box.fill("[simulate: echo] uno")
    chat.box.press("Enter")

    expect(chat.answers).to_have_count(1)
    chat.finished()
    expect(chat.prose).to_have_text("uno")
    expect(chat.box).to_have_value("")
    versions = chat.page.get_by_role("group", name="Message versions")
    expect(versions).to_contain_text("2 / 2")

    versions.get_by_role("link", name="Previous version").click()
    expect(chat.questions).to_have_count(2)
    expect(chat.answers.first.locator(".prose")).to_have_text("one")
    expect(versions.first).to_contain_text("1 / 2")
    versions.first.get_by_role("link", name="Next version").click()
    expect(chat.questions).to_have_count(1)
    expect(chat.prose).to_have_text("uno")


def test_reload_keeps_the_branch_that_is_looked_at(chat: Chat) -> None:
    chat.ask("[simulate: echo] one")
    chat.box.press("ArrowUp")
    chat.box.fill("[simulate: echo] uno")
    chat.box.press("Enter")
    expect(chat.page.get_by_role("group", name="Message versions")).to_be_visible()
    chat.finished()
    chat.page.get_by_role("link", name="Previous version").click()
    expect(chat.prose).to_have_text("one")

    chat.connected().reload()
    expect(chat.prose).to_have_text("one")
    chat.ask("[simulate: echo] three")

    assert chat.page.locator(".prose").all_inner_texts() == ["one", "three"]


def test_retry_makes_versions_of_the_answer(chat: Chat) -> None:
    chat.ask("What is new?")
    for count in (2, 3):
        chat.answer.get_by_role("button", name="Retry", exact=True).click()
        expect(chat.answer.locator(".branches__count")).to_have_text(
            f"{count} / {count}"
        )
        chat.finished()
    expect(chat.questions).to_have_count(1)
    expect(chat.answers).to_have_count(1)

    chat.page.get_by_role("link", name="Previous version").click()
    expect(chat.answer.locator(".branches__count")).to_have_text("2 / 3")

    assert len(chat.stored_texts()) == 3


def test_retry_with_another_model(chat: Chat) -> None:
    chat.ask("What is new?")

    chat.answer.get_by_role("button", name="Retry with another model").click()
    menu = chat.page.locator("#retry-menu")
    menu.get_by_role("button", name="Claude Haiku 4.5").click()

    expect(menu).to_be_hidden()
    expect(chat.answer.locator(".usage summary")).to_contain_text("Haiku 4.5")
    expect(chat.answer.locator(".branches__count")).to_have_text("2 / 2")


def test_cancelled_edit_gives_the_draft_back(chat: Chat) -> None:
    chat.ask("[simulate: echo] one")
    chat.box.fill("half a thou")
    chat.questions.first.hover()
    chat.questions.first.get_by_role("button", name="Edit").click()
    expect(chat.questions.first).to_have_class(re.compile("is-editing"))

    chat.box.press("Escape")

    expect(chat.box).to_have_value("half a thou")
    expect(chat.page.locator("#composer-editing")).to_be_hidden()


def test_copy_gives_the_markdown(chat: Chat) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask("[simulate: echo] **bold** and `code`")

    chat.answer.get_by_role("button", name="Copy").click()

    expect(chat.page.locator("#toasts")).to_contain_text("Copied")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert copied == "**bold** and `code`"
