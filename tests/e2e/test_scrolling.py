"""The view follows the text while a person wants that, and never otherwise."""

from playwright.sync_api import expect

from tests.e2e.chat import Chat
from tests.e2e.conftest import OpenChat
from tests.serving import RunningServer

LONG = "[simulate: silent] [simulate: slow seconds=0.01] [simulate: long chars=9000]"
TO_THE_END = "(log) => log.scrollHeight - log.clientHeight - log.scrollTop"
TOP = "(log) => log.scrollTop"


def test_view_follows_the_text(chat: Chat) -> None:
    chat.send(LONG)
    chat.streaming("part 12 of a long")

    assert chat.log.evaluate(TO_THE_END) < 60
    expect(chat.page.get_by_role("button", name="Latest")).to_be_hidden()


def test_view_stays_where_a_person_scrolled(chat: Chat) -> None:
    latest = chat.page.get_by_role("button", name="Latest")
    chat.send(LONG)
    chat.streaming("part 7 of a long")
    chat.log.hover()
    chat.page.mouse.wheel(0, -400)
    expect(latest).to_be_visible()
    chat.streaming("part 9 of a long")
    place = chat.log.evaluate(TOP)
    words = chat.prose.evaluate(WORDS_IN_VIEW)

    chat.streaming("part 14 of a long")
    assert chat.log.evaluate(TOP) == place
    assert chat.prose.evaluate(WORDS_IN_VIEW) == words
    expect(latest.locator(".latest__unread")).to_be_visible()

    # The server's rendering, which replaces the live one, moves nothing either.
    chat.finished()
    assert chat.prose.evaluate(WORDS_IN_VIEW) == words
    latest.click()
    expect(latest).to_be_hidden()
    assert chat.log.evaluate(TO_THE_END) < 2


def test_older_messages_come_without_a_jump(
    open_chat: OpenChat, server: RunningServer
) -> None:
    chat = open_chat(server)
    texts = [f"[simulate: echo] number {number}" for number in range(1, 25)]
    chat.open(chat.seed(*texts))
    articles = chat.page.locator("#log article")
    expect(articles).to_have_count(30)
    assert chat.log.evaluate(TO_THE_END) < 2

    # The answer is held back, so that the view stands still when it comes.
    held = chat.hold("**/messages/?before=*")
    chat.log.hover()
    chat.page.mouse.wheel(0, 200 - chat.log.evaluate(TOP))
    expect(chat.page.get_by_role("button", name="Latest")).to_be_visible()
    read = chat.log.evaluate(PLACES)
    chat.let_go(held)

    expect(articles).to_have_count(48)
    # A fraction of a pixel may be rounded.
    moves = zip(chat.log.evaluate(PLACES)[18:], read, strict=True)
    assert max(abs(after - before) for after, before in moves) < 1
    expect(chat.page.locator("#earlier")).to_have_count(0)
    # Not the inner texts: what is far from the view is not laid out.
    texts = chat.page.locator("#log .prose").all_text_contents()
    assert [text.strip() for text in texts] == [
        f"number {number}" for number in range(1, 25)
    ]


# Where articles stand on the screen.
PLACES = """(log) => [...log.querySelectorAll("article")].map(
  (article) => article.getBoundingClientRect().top)"""
# The words at the top of the scroller: what a person is reading.
WORDS_IN_VIEW = """(prose) => {
  const log = document.getElementById("log").getBoundingClientRect();
  const seen = [...prose.children].find(
    (block) => block.getBoundingClientRect().bottom > log.top + 40);
  return [seen.textContent, Math.round(seen.getBoundingClientRect().top)];
}"""
