"""The list of conversations, titles, deleting, logging out."""

import re

from playwright.sync_api import expect

from tests.e2e.chat import Chat, log_in
from tests.e2e.conftest import OpenContext, Watches
from tests.serving import RunningServer


def test_new_conversation_gets_a_title_and_a_row(chat: Chat) -> None:
    chat.ask("How do tides in the harbour of Bristol work?")

    row = chat.page.locator(f"a[data-conversation='{chat.id}']")
    expect(row).to_have_attribute("aria-current", "page")
    # First the beginning of the message stands there, then the title made of it.
    title = "How do tides in the harbour"
    expect(row).to_have_text(f"{title} tides · harbour · bristol")
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(title)
    expect(chat.page).to_have_title(f"{title} · Colloquy")
    expect(chat.page.get_by_role("heading", name="Today")).to_be_visible()


def test_rename_is_seen_in_every_tab(chat: Chat) -> None:
    chat.ask("[simulate: echo] x")
    other = chat.tab()
    elsewhere = chat.tab("/")

    chat.page.get_by_role("button", name="Rename or delete").click()
    chat.page.get_by_label("Title").fill("Tides & ships")
    chat.page.get_by_label("Title").press("Enter")

    for tab in (chat, other):
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("Tides & ships")
    row = elsewhere.page.locator(f"a[data-conversation='{chat.id}']")
    expect(row).to_have_text("Tides & ships")
    chat.reload()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Tides & ships")


def test_tags_are_changed_by_their_owner(chat: Chat) -> None:
    chat.ask("How do tides in the harbour of Bristol work?")
    row = chat.page.locator(f"a[data-conversation='{chat.id}']")
    expect(row).to_contain_text("bristol")
    other = chat.tab()

    chat.page.get_by_role("button", name="Rename or delete").click()
    field = chat.page.get_by_label("Tags")
    expect(field).to_have_value("tides, harbour, bristol")
    field.fill("x" * 31)
    chat.watch.allow("status of 400", "status 400")
    field.press("Enter")
    expect(chat.page.locator("#rename-error")).to_contain_text("is too long")
    field.fill("Ships, #moon, ships")
    field.press("Enter")

    expect(field).to_be_hidden()
    for tab in (chat, other):
        shown = tab.page.locator(f"a[data-conversation='{chat.id}']")
        expect(shown).to_contain_text("Ships · moon")
    chat.reload()
    expect(chat.page.get_by_label("Tags")).to_have_value("Ships, moon")


def test_deleted_conversation_is_gone_everywhere(chat: Chat) -> None:
    chat.ask("[simulate: echo] x")
    other, path = chat.tab(), f"/conversations/{chat.id}/"
    row = f"a[data-conversation='{chat.id}']"
    expect(other.page.locator(row)).to_be_visible()

    chat.page.get_by_role("button", name="Rename or delete").click()
    chat.page.get_by_role("link", name="Delete").click()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(
        "Delete this conversation?"
    )
    chat.page.get_by_role("button", name="Delete").click()

    expect(chat.page).to_have_url(re.compile(r"/$"))
    expect(chat.page.locator(row)).to_have_count(0)
    expect(other.page.locator("#composer-error")).to_contain_text("was deleted")
    expect(other.page.locator(row)).to_have_count(0)
    chat.watch.allow("status 404", "status of 404")
    response = chat.page.goto(path)
    assert response
    assert response.status == 404


def test_log_out_in_another_tab_is_told_and_loses_nothing(
    open_context: OpenContext, server: RunningServer, watches: Watches
) -> None:
    context = open_context(server, is_logged_in=False)
    page = context.new_page()
    log_in(page)
    chat = Chat(page, watches[context]).connected()
    other = chat.tab()

    other.page.get_by_role("button", name="Account of root").click()
    other.page.get_by_role("button", name="Log out").click()

    expect(other.page).to_have_url(re.compile(r"/accounts/login/"))
    chat.send("[simulate: echo] in time")

    connection = chat.page.locator("#connection")
    expect(connection).to_contain_text("You are logged out")
    connection.get_by_role("button", name="Log in").click()
    expect(chat.page).to_have_url(re.compile(r"/accounts/login/"))
    log_in(chat.page)
    # The message that could not be sent goes as soon as somebody is there again.
    expect(chat.connected().prose).to_have_text("in time")
    chat.finished()
    assert len(chat.stored_texts("user")) == 1


def test_stranger_is_led_to_the_log_in(
    open_context: OpenContext, server: RunningServer
) -> None:
    context = open_context(server, is_logged_in=False)
    page = context.new_page()
    page.goto("/")

    expect(page).to_have_url(re.compile(r"/accounts/login/"))
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert").or_(page.locator(".errorlist"))).to_contain_text(
        re.compile(r"\w+ \w+")
    )
