"""axe finds nothing serious, and a screen reader hears what it should."""

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.chat import Chat, paced, words
from tests.e2e.conftest import OpenChat, OpenContext
from tests.e2e.files import photograph, report
from tests.e2e.test_appearance import EVERYTHING, PHONE
from tests.serving import RunningServer

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
}"""
DESKTOP = ViewportSize(width=1280, height=860)


def findings(page: Page) -> list[str]:
    """Return what axe calls serious or critical."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN)
    return found


@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", DESKTOP), ("dark", DESKTOP), ("dark", PHONE)]
)
def test_pages_have_no_serious_finding(
    open_chat: OpenChat,
    server: RunningServer,
    scheme: Literal["light", "dark"],
    viewport: ViewportSize,
) -> None:
    chat = open_chat(server, color_scheme=scheme, viewport=viewport)
    assert findings(chat.page) == []

    chat.attach(report(), photograph())
    chat.ask("What was the tidal range, and what is in the photo?")
    chat.ask(EVERYTHING)
    chat.ask("[simulate: max_tokens] Tell me about the steps of it, please")
    chat.answer.get_by_role("button", name="Retry", exact=True).click()
    expect(chat.answer.locator(".branches__count")).to_have_text("2 / 2")
    chat.finished()
    for details in chat.page.locator("#log details > summary").all():
        details.click()
    expect(chat.page.locator(".katex").first).to_be_attached()
    assert findings(chat.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_log_in_page_has_no_serious_finding(
    open_context: OpenContext, server: RunningServer, scheme: Literal["light", "dark"]
) -> None:
    page = open_context(server, is_logged_in=False, color_scheme=scheme).new_page()
    page.goto("/accounts/login/")

    assert findings(page) == []


def test_other_pages_have_no_serious_finding(chat: Chat) -> None:
    chat.ask("[simulate: echo] one")
    path = f"/conversations/{chat.id}/"
    for address in (
        f"{path}delete/",
        "/conversations/",
        "/accounts/password/change/",
        "/accounts/logout/",
    ):
        chat.page.goto(address)
        assert (address, findings(chat.page)) == (address, [])


def test_open_menus_and_dialogs_have_no_serious_finding(chat: Chat) -> None:
    page = chat.page
    chat.attach(photograph())
    chat.ask("What is in the picture?")
    for name in ("Effort, thinking and tools", "Rename or delete", "Account of root"):
        page.get_by_role("button", name=name).click()
        expect(page.locator("[popover]:popover-open")).to_be_visible()
        assert (name, findings(page)) == (name, [])
        page.keyboard.press("Escape")
    chat.answer.get_by_role("button", name="Retry with another model").click()
    assert findings(page) == []
    page.keyboard.press("Escape")
    chat.log.focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    chat.questions.locator("a.attachment").click()
    expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
    assert findings(page) == []


def test_states_in_between_have_no_serious_finding(chat: Chat) -> None:
    chat.watch.allow("status 4.*/attachments/", "status of 4")
    chat.page.locator("#composer-files").set_input_files(
        {
            "name": "broken.png",
            "mimeType": "image/png",
            "buffer": b"\x89PNG\r\n\x1a\nno",
        }
    )
    expect(chat.uploads).to_have_attribute("data-state", "failed")
    assert findings(chat.page) == []
    chat.uploads.get_by_role("button", name="Remove").click()

    chat.send(paced(words(900)))
    chat.streaming("word5 ")
    assert findings(chat.page) == []
    chat.stop.click()
    chat.ended("cancelled")
    chat.send("[simulate: 401]")
    chat.ended("failed")
    assert findings(chat.page) == []


def test_answer_is_announced_politely_and_once(chat: Chat) -> None:
    announcer = chat.page.locator("#announcer")
    expect(announcer).to_have_attribute("aria-live", "polite")
    expect(chat.log).to_have_attribute("aria-live", "off")
    spoken = chat.page.evaluate_handle(LISTEN)

    chat.send(
        "[simulate: silent] [simulate: slow seconds=0.05] [simulate: echo] "
        "The **first** sentence. And `code`:\n\n```\nx = 1\n```\n\nThe end"
    )
    expect(chat.answer).to_have_attribute("aria-busy", "true")
    chat.finished()
    expect(chat.answer).not_to_have_attribute("aria-busy", "true")
    expect(announcer).to_contain_text("Answer finished.")

    heard: list[str] = spoken.json_value()
    assert " ".join(heard) == (
        "Claude is answering. The first sentence. And code: (code block) The end "
        "Answer finished."
    )


def test_messages_are_headed_and_named(chat: Chat) -> None:
    chat.ask("[simulate: echo] one")

    expect(chat.page.get_by_role("log", name="Conversation")).to_be_visible()
    expect(chat.page.get_by_role("article", name="You")).to_have_count(1)
    expect(chat.page.get_by_role("article", name="Claude")).to_have_count(1)
    expect(chat.page.get_by_role("heading", name="You", level=3)).to_be_attached()
    expect(chat.page.locator("html")).to_have_attribute("lang", re.compile("en"))


# What a screen reader is given: each new text of the region.
LISTEN = """() => {
  const region = document.getElementById("announcer");
  const spoken = [];
  new MutationObserver(() => region.textContent && spoken.push(region.textContent))
    .observe(region, { childList: true, characterData: true, subtree: true });
  return spoken;
}"""
