"""What may be asked next, above the box."""

from playwright.sync_api import expect

from tests.e2e.chat import Chat


def test_from_the_settings_to_the_next_message(chat: Chat) -> None:
    page = chat.page
    page.get_by_role("button", name="Account of root").click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Suggest what to ask next").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    chat.open()
    offered = page.locator("#suggestions button")

    chat.ask("How do tides in Bristol work?")
    expect(offered).to_have_text(
        [
            "Tell me more about tides.",
            "Give me an example of bristol.",
            "What speaks against work?",
        ]
    )
    other = chat.tab()
    expect(other.page.locator("#suggestions button")).to_have_count(3)
    chat.reload()
    expect(offered).to_have_count(3)

    offered.nth(1).focus()
    page.keyboard.press("Enter")
    expect(chat.box).to_have_value("Give me an example of bristol.")
    expect(chat.box).to_be_focused()
    chat.box.press("Enter")
    chat.finished()
    expect(offered.first).to_contain_text("example")
    page.get_by_role("button", name="Account of root").click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Suggest what to ask next").uncheck()
    page.get_by_role("button", name="Save").click()
    chat.open()
    expect(page.locator("#suggestions")).to_have_count(0)
