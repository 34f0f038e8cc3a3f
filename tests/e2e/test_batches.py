"""A batch from the account menu to a conversation, as people go about it."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import OpenChat
from tests.serving import RunningServer

TABLE = {
    "name": "words.csv",
    "mimeType": "text/csv",
    "buffer": b"word\n[simulate: echo] Haus\n[simulate: 529] Baum\n",
}


def test_from_a_table_to_a_conversation(
    open_chat: OpenChat, server: RunningServer
) -> None:
    chat = open_chat(server)
    page = chat.page
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("link", name="Batches").click()
    page.get_by_role("link", name="New batch").click()
    page.get_by_label("Table or files").set_input_files(TABLE)  # type: ignore[arg-type]
    page.get_by_label("Prompt").fill("{{word}}")
    page.get_by_role("button", name="Look at it first").click()

    expect(page.locator(".batch-previews pre").first).to_have_text(
        "[simulate: echo] Haus"
    )
    page.get_by_role("button", name="Run for half the price").click()

    # The page keeps itself up to date.
    expect(page.locator(".batch-state").first).to_have_text("Ended")
    expect(page.get_by_role("row", name="Baum")).to_contain_text("Failed")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "Haus" in download.value.path().read_text()
    page.get_by_role("row", name="Haus").get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/conversations/"))
    expect(page.locator(".prose")).to_have_text("Haus")
