"""A message that can wait: sent for half the price, answered into its conversation."""

from playwright.sync_api import expect

from tests.e2e.conftest import OpenChat
from tests.serving import RunningServer


def test_a_message_is_answered_later(
    open_chat: OpenChat, server: RunningServer
) -> None:
    chat = open_chat(server)
    page = chat.page
    page.locator("#composer-options-button").click()
    page.get_by_label("Answer later, for half the price").check()
    expect(page.locator("#composer-options-summary")).to_have_text("Later")
    page.keyboard.press("Escape")

    chat.box.fill("[simulate: echo] Good night")
    chat.box.press("Enter")

    notice = page.locator('.notice[data-kind="queued"]')
    expect(notice).to_contain_text("To be answered within a day")
    expect(page.locator("#composer-options-summary")).to_have_text("")
    # Nothing has to be open for it; whoever looks sees it come.
    expect(page.locator(".prose")).to_have_text("Good night")
    expect(notice).to_have_count(0)
    page.reload()
    expect(page.locator(".prose")).to_have_text("Good night")
