"""The main job, from logging in to a reload in the middle of an answer."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.chat import Chat, log_in
from tests.e2e.conftest import OpenContext, Watches
from tests.e2e.files import photograph, report
from tests.serving import RunningServer

QUESTION = "What was the tidal range in the harbour, and what is in the photo?"


def test_a_person_works_with_claude(
    open_context: OpenContext, human_server: RunningServer, watches: Watches
) -> None:
    context = open_context(human_server, is_logged_in=False)
    page = context.new_page()
    log_in(page)
    chat = Chat(page, watches[context]).connected()

    ask_about_files(chat)
    follow_the_citation(chat)
    stop_and_go_on(chat)
    change_the_model(chat)
    reload_in_mid_stream(chat)


def ask_about_files(chat: Chat) -> None:
    chat.attach(report(), photograph())
    expect(chat.uploads.nth(0)).to_contain_text("4 pages")
    expect(chat.uploads.nth(1)).to_contain_text("harbour.jpg")
    chat.send(QUESTION)

    # Both stand there at once, before the server has said anything.
    expect(chat.questions).to_contain_text(QUESTION)
    expect(chat.questions.locator(".attachment")).to_have_count(2)
    expect(chat.page.locator("#empty-state")).to_be_hidden()
    watch_it_think_and_write(chat)

    chat.finished()
    expect(chat.questions.locator(".attachment--image")).to_contain_text(
        "400 \N{MULTIPLICATION SIGN} 640"
    )
    expect(chat.prose).to_contain_text("400 \N{MULTIPLICATION SIGN} 640 pixels")
    expect(chat.prose).to_contain_text(
        "The mean tidal range in the harbour was 3.4 metres"
    )
    expect(chat.answer.locator(".usage summary")).to_have_text(
        re.compile(r"Opus 5\.5 · [\d,]+ tokens · \$[\d.]+ · \d")
    )
    expect(chat.answer.locator(".thinking__label")).to_contain_text("Thought")


def watch_it_think_and_write(chat: Chat) -> None:
    thinking = chat.answer.locator("details.thinking")
    expect(thinking.locator(".thinking__label")).to_have_text("Thinking…")
    thinking.locator("summary").click()
    expect(thinking.locator(".thinking__text")).to_have_text(re.compile(r"\w+ \w+"))
    expect(chat.stop).to_be_visible()
    expect(chat.prose.first).to_have_text(re.compile(r"\w+"))
    beginning = chat.prose.first.inner_text()
    expect(chat.prose.first).to_have_text(
        re.compile(rf".{{{len(beginning) + 20},}}", re.DOTALL)
    )
    expect(chat.answer).to_have_attribute("data-state", "running")


def follow_the_citation(chat: Chat) -> None:
    chip = chat.answer.get_by_role("link", name="harbour-report.pdf, page 2").first
    chip.hover()
    card = chat.page.locator("#citation-card")
    expect(card.locator(".citation-card__quote")).to_contain_text("3.4 metres")
    expect(card.locator(".citation-card__where")).to_have_text("page 2")

    with chat.page.context.expect_page() as opened:
        chip.click()
    address = opened.value.url
    opened.value.close()

    assert re.search(r"/attachments/[0-9a-f-]{36}/#page=2$", address)
    response = chat.page.request.get(address.partition("#")[0])
    assert response.status == 200
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"].startswith("inline")


def stop_and_go_on(chat: Chat) -> None:
    chat.send("[simulate: silent] [simulate: long chars=3000]")
    chat.streaming("part 1 of a long")
    chat.stop.click()
    stopped = chat.ended("cancelled")
    expect(chat.notice).to_contain_text("Stopped")
    kept = chat.stored_texts()[-1]
    assert kept.startswith("## Part 1")
    assert len(kept) < 3000
    assert chat.source() == kept

    stopped.get_by_role("button", name="Continue").click()
    chat.finished()
    expect(chat.answers).to_have_count(2)
    assert chat.source().startswith(kept)
    assert chat.source().endswith(chat.stored_texts()[-1])

    chat.answer.get_by_role("button", name="Retry", exact=True).click()
    expect(chat.answer.locator(".branches__count")).to_have_text("2 / 2")
    chat.finished()


def change_the_model(chat: Chat) -> None:
    chat.page.get_by_label("Model", exact=True).select_option(label="Claude Haiku 4.5")
    chat.ask("[simulate: silent] Which model are you?")
    expect(chat.answer.locator(".usage summary")).to_contain_text("Haiku 4.5")
    assert chat.stored()["turns"][-1]["model"].startswith("claude-haiku-4-5")


def reload_in_mid_stream(chat: Chat) -> None:
    chat.send("[simulate: long chars=2000]")
    chat.streaming("part 2 of a long")
    chat.reload()
    expect(chat.answers).to_have_count(4)
    chat.streaming("part 3 of a long")
    chat.finished()

    text = chat.stored_texts()[-1]
    assert len(text) == 2000
    assert chat.source() == text
    seen = shown_texts(chat.page)
    chat.reload()
    assert shown_texts(chat.page) == seen


def shown_texts(page: Page) -> list[str]:
    expect(page.locator("#log article").last.locator(".usage")).to_be_visible()
    return page.locator(
        "#log article .message__text, #log article .prose"
    ).all_inner_texts()
