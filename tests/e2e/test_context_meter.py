"""The meter in the composer: what the next request holds, before it is sent."""

import re

from playwright.sync_api import FilePayload, expect

from tests.e2e.chat import Chat
from tests.simulator.building import make_pdf

LONG = "word " * 6_000
TOO_LONG = b"word " * 180_000  # more than the 200,000 tokens of the older models


def test_a_long_draft_shows_what_it_holds_and_costs(chat: Chat) -> None:
    meter = chat.page.locator("#context-meter")
    chat.box.fill(LONG)

    expect(meter).to_contain_text("10,012 tokens")
    expect(meter).to_contain_text("1 % of 1M")
    meter.click()

    parts = chat.page.locator("#context-parts")
    expect(parts).to_contain_text("10,012 of 1,000,000")
    # To the longest answers of this person, whatever other tests have asked.
    expect(parts).to_contain_text(re.compile(r"Expected cost\$0\.0\d"))


def test_a_short_one_shows_nothing(chat: Chat) -> None:
    chat.box.fill("Hello")
    chat.page.wait_for_timeout(900)

    expect(chat.page.locator("#context-meter")).to_be_hidden()


def test_after_an_answer_the_cache_is_counted_down(chat: Chat) -> None:
    chat.send("[simulate: echo] " + LONG)
    expect(chat.answers).to_have_count(1)

    meter = chat.page.locator("#context-meter")
    chat.box.fill("And?")
    expect(meter).to_contain_text("tokens")
    meter.click()

    parts = chat.page.locator("#context-parts")
    expect(parts).to_contain_text(re.compile(r"for 4 min \d+ s more"))
    expect(parts).to_contain_text("This conversation so far")


def test_what_makes_it_dearer_is_said_before_it_is_sent(chat: Chat) -> None:
    chat.page.locator("#composer-model").select_option("claude-haiku-5-5")
    chat.box.fill("x" * 330_000)

    expect(chat.page.locator("#context-warning")).to_contain_text(
        "more than 100,000 tokens: each of them costs 5 times as much"
    )


def test_the_picker_says_which_models_the_files_do_not_fit(chat: Chat) -> None:
    pages = [f"Page {number}" for number in range(101)]
    paper = FilePayload(
        name="paper.pdf", mimeType="application/pdf", buffer=make_pdf(pages)
    )
    picker = chat.page.locator("#composer-model")
    chat.attach(paper)
    picker.hover()

    # It takes 100 pages; the larger ones take 600.
    small = picker.locator('option[value="claude-haiku-4-5"]')
    expect(small).to_have_text("Claude Haiku 4.5 (too large)")
    expect(small).to_be_disabled()
    expect(picker.locator('option[value="claude-haiku-5-5"]')).to_be_enabled()

    chat.page.get_by_role("button", name="Remove").click()
    chat.box.fill("Hello")
    expect(small).to_have_text("Claude Haiku 4.5")
    expect(small).to_be_enabled()


def test_what_will_not_fit_is_named_before_it_is_sent(chat: Chat) -> None:
    chat.page.locator("#composer-model").select_option("claude-haiku-4-5")
    book = FilePayload(name="book.txt", mimeType="text/plain", buffer=TOO_LONG)
    chat.attach(book)
    chat.box.fill(LONG)

    warning = chat.page.locator("#context-warning")
    expect(warning).to_contain_text(
        re.compile(r"This will not fit: .*\d{3},\d{3} tokens, .* at most 200,000")
    )
    expect(warning).to_contain_text(
        re.compile(r"The largest: book\.txt \(about .*\), This message \(about ")
    )
    chat.uploads.get_by_role("button").click()

    expect(warning).to_be_hidden()
    expect(chat.questions).to_have_count(0)


def test_an_answer_tells_what_the_cache_was_good_for(chat: Chat) -> None:
    # What no other test has sent: the provider keeps a prefix for all conversations.
    chat.ask("[simulate: echo] " + LONG.replace("word", "tide"))
    filled = chat.answer.locator("details.usage")
    filled.locator("summary").click()
    expect(filled).to_contain_text("0 % of what was read; filling it cost $0.0")

    chat.ask("[simulate: echo] And?")
    read = chat.answer.locator("details.usage")
    read.locator("summary").click()

    expect(read).to_contain_text(re.compile(r"\d\d % of what was read; saved \$0\.\d"))
