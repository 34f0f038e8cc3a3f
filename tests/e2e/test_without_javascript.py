"""Without JavaScript: log in, send, attach, and see the answer after a reload."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.chat import log_in
from tests.e2e.conftest import OpenContext, Watches
from tests.e2e.files import notes
from tests.serving import RunningServer

WITHOUT = {"java_script_enabled": False}
# How Chromium reports the scripts that it does not load then.
SCRIPT = r"failed request: .*\.m?js csp"

SLOWLY = "[simulate: slow seconds=0.1] [simulate: echo] "


def send(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    page.get_by_role("button", name="Send").click()


def test_conversation_is_held_renamed_and_deleted(
    open_context: OpenContext, server: RunningServer, watches: Watches
) -> None:
    context = open_context(server, is_logged_in=False, **WITHOUT)
    watches[context].allow(SCRIPT)
    page = context.new_page()
    log_in(page)

    send(page, SLOWLY + "**one**")
    expect(page).to_have_url(re.compile(r"/conversations/[0-9a-f-]{36}/"))
    # The page loads itself again while Claude answers.
    expect(page.locator(".prose strong")).to_have_text("one")
    send(page, SLOWLY + "two")
    expect(page.locator(".prose").last).to_have_text("two")
    page.reload()

    assert page.locator(".prose").all_inner_texts() == ["one", "two"]
    expect(page.locator("a.conversation-list__link[aria-current=page]")).to_be_visible()

    page.get_by_role("button", name="Rename or delete").click()
    page.get_by_label("Title").fill("Plain title")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plain title")

    page.get_by_role("button", name="Rename or delete").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.get_by_role("link", name="Plain title")).to_have_count(0)


def test_file_goes_with_the_message(
    open_context: OpenContext, server: RunningServer, watches: Watches
) -> None:
    context = open_context(server, **WITHOUT)
    watches[context].allow(SCRIPT)
    page = context.new_page()
    page.goto("/")

    page.locator("#composer-files").set_input_files(notes())
    send(page, "Which colour has the crane in the file?")

    expect(page.locator("article .attachment")).to_contain_text("notes.txt")
    expect(page.locator(".prose")).to_contain_text("painted green in March")
    with page.context.expect_page() as opened:
        page.locator(".source a").first.click()
    assert re.search(r"/attachments/[0-9a-f-]{36}/$", opened.value.url)


def test_refused_message_comes_back_with_the_reason(
    open_context: OpenContext, server: RunningServer, watches: Watches
) -> None:
    context = open_context(server, **WITHOUT)
    watches[context].allow(SCRIPT, "status 422", "status of 422")
    page = context.new_page()
    page.goto("/")

    page.locator("#composer-files").set_input_files(
        {
            "name": "broken.png",
            "mimeType": "image/png",
            "buffer": b"\x89PNG\r\n\x1a\nno",
        }
    )
    send(page, "look at this")

    expect(page.locator("#composer-error")).to_have_text(re.compile(r"\w+ \w+ .*\."))
    expect(page.get_by_role("textbox", name="Message")).to_have_value("look at this")
