"""What a cold visit asks the server for, counted in the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import Chat
from tests.e2e.conftest import OpenContext, Watches
from tests.serving import RunningServer

MAX_HOME_REQUESTS = 16  # until a person can write
MAX_HOME_BYTES = 80 * 1024  # ours, as in tests/views/test_weight.py
MAX_READY_BYTES = 180 * 1024  # ours: with all that sending and drawing answers need
MAX_CONVERSATION_REQUESTS = 18
# What is loaded while nothing else happens is counted for itself.
NEVER_IDLE = "window.requestIdleCallback = () => 0"
THREAD = "**/live-thread.*.js"  # what draws a running answer
LOST = r"Failed to load resource|ERR_FAILED|requestfailed|live-thread"

type Visit = Callable[..., tuple[Chat, "Traffic"]]


class Traffic:
    """What a page asked for, and how much came back."""

    def __init__(self, page: Page) -> None:
        self.urls: list[str] = []
        self.size_bytes = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)

    def _asked(self, event: dict[str, Any]) -> None:
        self.urls.append(event["request"]["url"])

    def _came(self, event: dict[str, Any]) -> None:
        self.size_bytes += event["encodedDataLength"]


@pytest.fixture
def visit(open_context: OpenContext, watches: Watches, server: RunningServer) -> Visit:
    """Return a function that opens a page in a profile with an empty cache."""

    def open_cold(path: str, *, is_idle: bool = False) -> tuple[Chat, Traffic]:
        context = open_context(server)
        if not is_idle:
            context.add_init_script(NEVER_IDLE)
        page = context.new_page()
        traffic = Traffic(page)
        chat = Chat(page, watches[context]).open(path)
        page.wait_for_load_state("networkidle")
        return chat, traffic

    return open_cold


def test_the_home_page_is_light(visit: Visit) -> None:
    _chat, traffic = visit("/")

    assert len(traffic.urls) <= MAX_HOME_REQUESTS, traffic.urls
    assert traffic.size_bytes <= MAX_HOME_BYTES


def test_what_sending_needs_comes_before_anybody_writes(visit: Visit) -> None:
    chat, traffic = visit("/", is_idle=True)
    chat.ready()

    asked = len(traffic.urls)
    chat.page.context.set_offline(True)
    chat.send("[simulate: echo] from a tunnel")

    expect(chat.questions).to_contain_text("from a tunnel")
    assert traffic.size_bytes <= MAX_READY_BYTES
    assert len(traffic.urls) == asked


def test_a_conversation_of_plain_text_is_light(chat: Chat, visit: Visit) -> None:
    path = chat.seed("[simulate: echo] Nothing but words", "[simulate: echo] And more")

    seen, traffic = visit(path)

    expect(seen.answers).to_have_count(2)
    assert len(traffic.urls) <= MAX_CONVERSATION_REQUESTS, traffic.urls


def test_a_message_waits_in_the_box_until_the_page_can_show_it(visit: Visit) -> None:
    chat, _traffic = visit("/")
    chat.watch.allow(LOST)
    chat.page.route(THREAD, lambda route: route.abort())

    chat.send("[simulate: echo] not lost")
    expect(chat.page.locator("#composer-error")).to_contain_text("was not sent")
    expect(chat.box).to_have_value("[simulate: echo] not lost")
    chat.page.unroute(THREAD)
    chat.box.press("Enter")

    chat.finished()
    expect(chat.prose).to_have_text("not lost")
    assert chat.stored_texts("user") == ["[simulate: echo] not lost"]


def test_what_is_typed_while_a_message_waits_for_the_page_stays(visit: Visit) -> None:
    chat, _traffic = visit("/")
    held = chat.hold(THREAD)

    chat.send("[simulate: echo] first")
    chat.box.press("Enter")
    chat.box.press_sequentially(" second")
    chat.let_go(held)

    chat.finished()
    expect(chat.prose).to_have_text("first")
    expect(chat.box).to_have_value(" second")
    assert chat.stored_texts("user") == ["[simulate: echo] first"]


def test_an_edit_that_was_given_up_while_it_waited_is_not_sent(
    chat: Chat, visit: Visit
) -> None:
    path = chat.seed("[simulate: echo] first")
    seen, _traffic = visit(path)
    held = seen.hold(THREAD)
    seen.questions.get_by_role("button", name="Edit").click()
    expect(seen.box).to_have_value("[simulate: echo] first")

    seen.box.press("Enter")
    seen.box.press("Escape")
    seen.let_go(held)
    seen.ready()

    expect(seen.box).to_have_value("")
    expect(seen.questions).to_have_count(1)
    assert seen.stored_texts("user") == ["[simulate: echo] first"]
