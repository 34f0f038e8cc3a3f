"""The tools of Claude's servers: switched on, seen at work, their files downloaded."""

from pathlib import Path

from playwright.sync_api import expect

from conversations.simulator.made_files import TABLE
from tests.e2e.chat import Chat


def switch_on(chat: Chat, *titles: str) -> None:
    """Choose tools for the conversation that is about to begin."""
    options = chat.page.locator("#composer-options")
    chat.page.locator("#composer-options-button").click()
    for title in titles:
        options.get_by_role("checkbox", name=title).check()
    chat.page.keyboard.press("Escape")


def test_a_search_shows_its_pages_and_cites_them(chat: Chat) -> None:
    switch_on(chat, "Web search")

    chat.ask("Search the web for grass and bees.")

    card = chat.answer.locator(".tool-card")
    expect(card.locator(".tool-card__subject")).to_have_text("grass and bees")
    expect(card.locator(".tool-card__summary")).to_have_text("3 results")
    card.locator("summary").click()
    page = card.get_by_role("link").first
    expect(page).to_have_attribute("href", "https://example.org/grass-and-bees/1")
    expect(page).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(chat.answer.locator("a.citation")).to_have_count(3)
    expect(chat.answer.locator(".sources .source")).to_have_count(3)


def test_a_file_that_code_made_is_downloaded(chat: Chat) -> None:
    switch_on(chat, "Run code")
    chat.ask("[simulate: code files=2] Please")

    card = chat.answer.locator(".tool-card")
    card.locator("summary").click()
    with chat.page.expect_download() as waiting:
        card.get_by_role("link", name="Download file 2").click()

    assert waiting.value.suggested_filename == "table-2.csv"
    assert Path(waiting.value.path()).read_bytes() == TABLE


def test_sites_that_a_person_allows_hold_for_new_conversations(chat: Chat) -> None:
    chat.page.goto("/tools/web/")
    chat.page.get_by_label("Only these sites").fill("https://bees.example/")
    chat.page.get_by_role("button", name="Save").click()
    expect(chat.page.get_by_role("status")).to_contain_text("Saved")
    chat.open()
    switch_on(chat, "Web search")

    chat.ask("Search the web for grass.")

    card = chat.answer.locator(".tool-card")
    card.locator("summary").click()
    expect(card.locator(".tool-card__where").first).to_contain_text("bees.example")
    chat.page.goto("/tools/web/")
    chat.page.get_by_label("Only these sites").fill("")
    chat.page.get_by_role("button", name="Save").click()
    expect(chat.page.get_by_role("status")).to_contain_text("Saved")
