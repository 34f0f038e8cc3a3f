"""An answer that was cut off goes on, and reads as one answer everywhere."""

import re

import pytest
from playwright.sync_api import Locator, expect

from conversations.rendering.continued import join_parts
from tests.e2e.chat import Chat, log_in, words
from tests.e2e.conftest import OpenChat, OpenContext, Watches
from tests.e2e.line import Line
from tests.e2e.test_accessibility import findings
from tests.e2e.test_keyboard import press
from tests.e2e.test_without_javascript import SCRIPT, WITHOUT
from tests.serving import RunningServer

# A tag that is written again and again is in what is asked for when the text is cut.
SLOWLY = "[simulate: slow seconds=0.03]"
OVERLOADED = "[simulate: 529]"
# With this the simulator begins when it is asked for the rest.
REST = "You wrote:"


def text_with(tag: str) -> str:
    return " ".join(f"{words(5, start)} {tag}" for start in range(1, 700, 5))


def cut_off(chat: Chat, tag: str = SLOWLY) -> str:
    """Ask for a long text and stop it; return what was kept."""
    chat.send(f"[simulate: silent] {SLOWLY} [simulate: echo] {text_with(tag)}")
    chat.streaming("word40 ")
    chat.stop.click()
    chat.ended("cancelled")
    return chat.stored_texts()[-1]


def button(chat: Chat, name: str) -> Locator:
    return chat.notice.get_by_role("button", name=name)


def continue_(chat: Chat) -> None:
    button(chat, "Continue").click()
    chat.streaming(REST)


def reads_on(kept: str) -> re.Pattern[str]:
    """Return how the first part ends and the rest begins, in one paragraph."""
    return re.compile(rf"{re.escape(kept.split()[-1])} ?{REST}")


def joined(chat: Chat) -> str:
    """Return the Markdown of the stored parts as one text."""
    return "".join(block["text"] for block in join_parts(stored_parts(chat)))


def stored_parts(chat: Chat) -> list[list[dict[str, str]]]:
    return [[{"type": "text", "text": text}] for text in chat.stored_texts()]


def shown(chat: Chat) -> list[str]:
    """Return what a reader sees of each message: no HTML, but every block."""
    texts: list[str] = chat.log.locator("article").evaluate_all(
        "(articles) => articles.map((article) => [...article.querySelectorAll("
        "'.message__text, .prose > *')].map((e) => e.textContent).join('|'))"
    )
    return texts


def test_rest_is_added_to_the_answer_itself(chat: Chat) -> None:
    kept = cut_off(chat)

    continue_(chat)
    expect(chat.answers).to_have_count(1)
    expect(chat.questions).to_have_count(1)
    expect(chat.prose.first).to_contain_text(reads_on(kept))
    expect(chat.notice).to_have_count(0)
    chat.finished()

    seen = shown(chat)
    first, rest = chat.stored_texts()
    assert (first, rest.startswith(REST)) == (kept, True)
    assert chat.source() == joined(chat)
    chat.reload()
    assert shown(chat) == seen
    expect(chat.notice).to_have_count(0)


def test_running_rest_is_drawn_as_the_server_draws_it(chat: Chat) -> None:
    """The page keeps its own rendering here, in which the first part was drawn anew."""
    cut_off(chat)
    chat.watch.allow("/turns/", "net::ERR_FAILED")
    chat.page.route("**/turns/**", lambda route: route.abort())
    continue_(chat)
    chat.ended_live("completed")
    chat.page.unroute("**/turns/**")
    live = shown(chat)

    late = chat.tab()

    late.finished()
    assert shown(late) == live


def test_code_that_was_cut_goes_on_as_code(chat: Chat) -> None:
    code = "\n".join(f"x{number} = {number}" for number in range(400))
    chat.send(f"[simulate: silent] {SLOWLY} [simulate: echo] ```python\n{code}\n```")
    chat.streaming("x30 ")
    chat.stop.click()
    chat.ended("cancelled")

    button(chat, "Continue").click()
    chat.finished()

    # Nothing but the mark at its end closes a block of code.
    expect(chat.prose.locator("pre")).to_have_count(1)
    expect(chat.prose.locator("pre")).to_contain_text(REST)
    chat.reload()
    expect(chat.prose.locator("pre")).to_have_count(1)


def test_two_tabs_show_one_answer(chat: Chat) -> None:
    kept = cut_off(chat)
    other = chat.tab()
    expect(other.notice).to_contain_text("Stopped")

    continue_(other)
    chat.streaming(REST)
    late = chat.tab()
    late.streaming(REST)

    for tab in (chat, other, late):
        expect(tab.answers).to_have_count(1)
        expect(tab.prose.first).to_contain_text(reads_on(kept))
        tab.finished()
    assert shown(chat) == shown(other) == shown(late)


def test_continued_by_keyboard_stopped_and_continued_again(chat: Chat) -> None:
    cut_off(chat)
    page = chat.page

    press_continue(chat)
    expect(chat.answer).to_be_focused()
    chat.streaming(REST)
    press(page, "Escape")
    chat.ended("cancelled")
    expect(chat.answer).to_be_focused()
    # The next button is in reach: the way to it goes through the same answer.
    press(page, "Tab")
    assert page.evaluate(
        "!!document.activeElement.closest('article.message--assistant')"
    )
    press_continue(chat)
    chat.finished()

    assert len(chat.stored_texts()) == 3
    assert chat.source() == joined(chat)
    expect(chat.answers).to_have_count(1)
    expect(chat.questions).to_have_count(1)


def press_continue(chat: Chat) -> None:
    """Go back from the message box with Shift+Tab to the button, and press it."""
    chat.box.focus()
    while not button(chat, "Continue").and_(chat.page.locator(":focus")).count():
        press(chat.page, "Shift+Tab")
    press(chat.page, "Enter")


def test_rest_that_fails_leaves_the_first_part_and_says_why(chat: Chat) -> None:
    kept = cut_off(chat, OVERLOADED)

    button(chat, "Continue").click()
    chat.ended("failed")

    expect(chat.notice).to_contain_text("Claude is overloaded")
    expect(button(chat, "Try again")).to_be_visible()
    expect(chat.answers).to_have_count(1)
    assert (chat.source(), chat.stored_texts()) == (kept, [kept])
    chat.reload()
    expect(chat.notice).to_contain_text("Claude is overloaded")
    button(chat, "Continue").click()
    expect(chat.answer).to_have_attribute("aria-busy", "true")
    chat.ended("failed")
    expect(chat.answers).to_have_count(1)
    expect(chat.questions).to_have_count(1)


def test_retry_answers_the_question_again(chat: Chat) -> None:
    cut_off(chat)
    continue_(chat)
    chat.finished()
    seen = shown(chat)

    chat.answer.get_by_role("button", name="Retry", exact=True).click()
    chat.streaming("word5 ")
    expect(chat.prose).not_to_contain_text(REST)
    chat.stop.click()
    chat.ended("cancelled")
    expect(chat.answer.locator(".branches__count")).to_have_text("2 / 2")
    chat.page.get_by_role("link", name="Previous version").click()

    expect(chat.answer.locator(".branches__count")).to_have_text("1 / 2")
    chat.connected()
    assert shown(chat) == seen


def test_conversation_goes_on_below_and_beside_it(chat: Chat) -> None:
    cut_off(chat)
    continue_(chat)
    chat.finished()
    seen = shown(chat)

    chat.ask("[simulate: echo] below")
    assert shown(chat) == [*seen, "[simulate: echo] below", "below"]
    chat.questions.first.hover()
    chat.questions.first.get_by_role("button", name="Edit").click()
    expect(chat.page.locator("#composer-editing")).to_be_visible()
    chat.box.fill("[simulate: echo] beside")
    chat.box.press("Enter")
    expect(chat.questions).to_have_count(1)
    chat.finished()
    assert shown(chat) == ["[simulate: echo] beside", "beside"]
    chat.page.get_by_role("link", name="Previous version").click()

    expect(chat.questions).to_have_count(2)
    chat.connected()
    assert shown(chat) == [*seen, "[simulate: echo] below", "below"]


def test_both_costs_are_told(chat: Chat) -> None:
    cut_off(chat)
    continue_(chat)
    chat.finished()

    usage = chat.answer.locator(".usage")
    usage.locator("summary").click()

    parts = usage.locator(".usage__part")
    expect(parts).to_have_count(2)
    read = [int(text.replace(",", "")) for text in tokens(parts)]
    total = re.search(r"([\d,]+) tokens", usage.locator("summary").inner_text())
    assert total
    assert sum(read) == int(total[1].replace(",", ""))
    assert findings(chat.page) == []


def tokens(parts: Locator) -> list[str]:
    texts = [re.search(r"([\d,]+) tokens", text) for text in parts.all_inner_texts()]
    return [found[1] for found in texts if found]


def test_continue_waits_for_the_connection(
    open_chat: OpenChat, server: RunningServer, line: Line
) -> None:
    chat = open_chat(server, proxy={"server": line.address})
    chat.watch.allow("net::ERR_", "WebSocket connection")
    kept = cut_off(chat)

    line.cut()
    expect(chat.page.locator("#connection")).to_be_visible()
    button(chat, "Continue").click()
    expect(chat.answer).to_contain_text("Waiting to be sent")
    line.mend()

    chat.finished()
    expect(chat.answers).to_have_count(1)
    assert chat.source() == joined(chat)
    assert chat.stored_texts()[0] == kept


@pytest.mark.parametrize("is_phone", [False, True])
def test_without_javascript_it_is_one_answer(
    chat: Chat,
    open_context: OpenContext,
    server: RunningServer,
    watches: Watches,
    is_phone: bool,
) -> None:
    cut_off(chat)
    continue_(chat)
    chat.finished()
    seen = shown(chat)
    size = {"width": 390, "height": 844} if is_phone else None
    context = open_context(server, is_logged_in=False, viewport=size, **WITHOUT)
    watches[context].allow(SCRIPT)
    page = context.new_page()
    log_in(page)

    page.goto(f"/conversations/{chat.id}/")

    plain = Chat(page, watches[context])
    assert shown(plain) == seen
    expect(plain.answers).to_have_count(1)
