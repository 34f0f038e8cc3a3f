"""Two tabs show one conversation."""

from playwright.sync_api import expect

from tests.e2e.chat import Chat, paced, words


def test_second_tab_sees_the_stream_and_can_stop_it(chat: Chat) -> None:
    chat.send(paced(words(600)))
    chat.streaming("word10 ")
    other = chat.tab(f"/conversations/{chat.id}/")
    other.streaming("word30 ")

    other.stop.click()

    for tab in (chat, other):
        tab.ended("cancelled")
        expect(tab.notice).to_contain_text("Stopped")
        expect(tab.page.get_by_role("button", name="Send")).to_be_visible()
    (kept,) = chat.stored_texts()
    assert kept == words(600)[: len(kept)]
    assert len(kept) < len(words(600))
    assert chat.source() == other.source() == kept


def test_second_tab_that_comes_late_has_every_word_once(chat: Chat) -> None:
    chat.send(paced(words(200)))
    chat.streaming("word40 ")
    other = chat.tab(f"/conversations/{chat.id}/")

    for tab in (chat, other):
        tab.finished()
        expect(tab.prose).to_have_text(words(200))


def test_message_of_one_tab_appears_in_the_other(chat: Chat) -> None:
    chat.ask("[simulate: echo] first")
    other = chat.tab()
    expect(other.answers).to_have_count(1)

    chat.ask("[simulate: echo] second")

    expect(other.questions.last).to_contain_text("second")
    other.finished()
    expect(other.answers).to_have_count(2)
    expect(other.prose).to_have_text("second")


def test_running_text_is_drawn_as_the_server_draws_it(chat: Chat) -> None:
    """The live page keeps its own rendering here: it must look like the stored one."""
    chat.watch.allow("/turns/", "net::ERR_FAILED")
    chat.page.route("**/turns/**", lambda route: route.abort())
    chat.send("[simulate: slow seconds=0.01] Give me a table, a list and a formula")
    chat.ended_live("completed")
    chat.page.unroute("**/turns/**")
    live = text_with_formulas(chat)

    late = chat.tab()

    late.finished()
    assert text_with_formulas(late) == live


def text_with_formulas(chat: Chat) -> str:
    """Return the answer's text once its formulas, drawn near the screen, are there."""
    formulas = chat.prose.locator(".math")
    for index in range(formulas.count()):
        formulas.nth(index).scroll_into_view_if_needed()
        expect(formulas.nth(index).locator(".katex").first).to_be_visible()
    return chat.prose.inner_text()
