"""Three tabs whose lines are cut again and again end with the same text."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.e2e.chat import ENDED, Chat, paced, words
from tests.e2e.conftest import OpenChat
from tests.e2e.line import Line, open_line
from tests.serving import RunningServer

SEED = 20260116
TABS = 3
CUTS = 6
BROKEN = ("net::ERR_", "WebSocket connection")
TEXT = "\n\n".join(
    [
        f"## A heading\n\n{words(150)}",
        f"- **bold** {words(60, 151)}\n- `code` {words(60, 211)}",
        f"```\n{words(30, 271)}\n```\n\n{words(100, 301)}",
    ]
)


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    """A line for each tab."""
    with ExitStack() as stack:
        yield [stack.enter_context(open_line()) for _tab in range(TABS)]


def test_three_tabs_that_are_cut_off_end_with_the_same_text(
    open_chat: OpenChat, server: RunningServer, lines: list[Line]
) -> None:
    first = open_chat(server, proxy={"server": lines[0].address})
    first.ask("[simulate: echo] before")
    path = f"/conversations/{first.id}/"
    others = [
        open_chat(server, path, proxy={"server": line.address}) for line in lines[1:]
    ]
    tabs = [first, *others]
    for tab in tabs:
        tab.watch.allow(*BROKEN)
    first.send(paced(TEXT, 0.05))
    for tab in tabs:
        tab.streaming("word5 ")

    cut_at_random(tabs, lines, random.Random(SEED))

    for tab in tabs:
        expect(tab.answers).to_have_count(2)
        tab.finished()
        expect(tab.prose).to_contain_text("word400")
    live = [tab.prose.inner_text() for tab in tabs]
    assert [tab.source() for tab in tabs] == [TEXT] * TABS
    assert first.stored_texts() == ["before", TEXT]
    afresh = first.reload().finished().locator(".prose").inner_text()
    assert live == [afresh] * TABS


def cut_at_random(tabs: list[Chat], lines: list[Line], chance: random.Random) -> None:
    """Cut one line after the other, each for a moment; the pages come back by themselves."""
    for _cut in range(CUTS):
        number = chance.randrange(TABS)
        lines[number].cut()
        tabs[number].page.wait_for_timeout(chance.randrange(100, 600))
        lines[number].mend()
        tabs[number].page.wait_for_timeout(chance.randrange(50, 300))
    for tab in tabs:
        tab.page.locator(".connection__retry").dispatch_event("click")
        tab.connected()


def test_message_whose_acceptance_got_lost_is_shown_with_its_answer(
    chat: Chat,
) -> None:
    """The page sends it again; meanwhile it has been answered."""
    chat.watch.allow(*BROKEN)
    line = DeafLine()
    chat.page.route_web_socket("**/ws/", line.connect)
    chat.reload()
    chat.ask("[simulate: echo] before")

    line.is_deaf = True
    chat.send("[simulate: echo] said while deaf")
    until(chat, lambda: [turn["state"] for turn in chat.stored()["turns"]], 2)
    line.is_deaf = False
    line.hang_up()
    chat.connected()

    expect(chat.questions).to_have_count(2)
    expect(chat.answers).to_have_count(2)
    expect(chat.finished().locator(".prose")).to_have_text("said while deaf")
    assert chat.stored_texts("user") == [
        "[simulate: echo] before",
        "[simulate: echo] said while deaf",
    ]


class DeafLine:
    """Lets the page speak, and keeps the server's answers from it at will."""

    def __init__(self) -> None:
        self.is_deaf = False
        self._page: WebSocketRoute | None = None

    def connect(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        self._page = page

        def hear(frame: str | bytes) -> None:
            if not self.is_deaf:
                page.send(frame)

        server.on_message(hear)

    def hang_up(self) -> None:
        assert self._page is not None
        self._page.close(code=4000)


def until(chat: Chat, states: Callable[[], list[str]], count: int) -> None:
    """Wait until so many turns have ended."""
    for _attempt in range(400):
        found = states()
        if len(found) == count and all(ENDED.fullmatch(state) for state in found):
            return
        chat.page.wait_for_timeout(20)
    raise AssertionError("the turns did not end")
