"""What goes wrong is said in place, with what can be done; the next message works."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.chat import Chat
from tests.e2e.test_accessibility import LISTEN, findings

REQUEST_ID = re.compile(r"Request id req_\w+")
COUNTDOWN = re.compile(r"Retrying in \d+ s \(attempt 1 of \d\)")


def works_again(chat: Chat) -> None:
    chat.ask("[simulate: echo] works again")
    expect(chat.prose).to_have_text("works again")


@pytest.mark.parametrize(
    ("tag", "words", "button"),
    [
        ("529", "Claude is overloaded", "Try again"),
        ("500", "Something broke on Claude's side", "Try again"),
        ("401", "An administrator has to set it", None),
        ("404", "does not know what was asked for", "Try another model"),
    ],
)
def test_failure_is_told_with_its_request_id(
    chat: Chat, tag: str, words: str, button: str | None
) -> None:
    chat.send(f"[simulate: {tag}]")

    chat.ended("failed")
    expect(chat.questions).to_contain_text(f"[simulate: {tag}]")
    expect(chat.notice).to_contain_text(words)
    expect(chat.notice).to_contain_text(REQUEST_ID)
    expect(chat.page.locator("#alerts")).to_contain_text(words)
    if button:
        expect(chat.notice.get_by_role("button", name=button)).to_be_visible()
    seen = chat.notice.inner_text()
    chat.reload()
    expect(chat.questions).to_contain_text(f"[simulate: {tag}]")
    expect(chat.notice).to_have_text(re.compile(re.escape(seen.split("\n")[0])))
    works_again(chat)


def test_rate_limit_counts_down_and_then_answers(chat: Chat) -> None:
    chat.send("[simulate: 429 retry-after=3 times=1] What is new?")

    expect(chat.notice).to_contain_text(COUNTDOWN)
    expect(chat.notice).to_contain_text("Too many requests")
    expect(chat.notice).to_contain_text(re.compile("Retrying in [12] s"))
    chat.finished()
    expect(chat.notice).to_have_count(0)
    expect(chat.prose).to_contain_text(re.compile(r"\w+"))


def test_a_wait_is_announced_once_and_not_each_second(chat: Chat) -> None:
    spoken = chat.page.evaluate_handle(LISTEN)

    chat.send("[simulate: 529 retry-after=6 times=1] [simulate: echo] Now")
    chat.finished()
    expect(chat.page.locator("#announcer")).to_contain_text("Answer finished.")

    heard = " ".join(spoken.json_value())
    assert len(re.findall(r"Retrying in \d+ s", heard)) == 1


@pytest.mark.parametrize("way", ["Cancel", "Stop", "Escape"])
def test_retry_that_waits_can_be_cancelled(chat: Chat, way: str) -> None:
    chat.send("[simulate: 429 retry-after=30]")
    expect(chat.notice).to_contain_text(COUNTDOWN)
    if way == "Cancel":
        chat.notice.get_by_role("button", name="Cancel").click()
    elif way == "Stop":
        chat.stop.click()
    else:
        chat.box.press("Escape")

    chat.ended("cancelled")
    works_again(chat)


def test_wait_is_without_a_serious_finding(chat: Chat) -> None:
    chat.send("[simulate: 529 retry-after=30]")
    expect(chat.notice).to_contain_text(COUNTDOWN)

    assert findings(chat.page) == []


def test_try_again_answers_after_a_failure(chat: Chat) -> None:
    chat.send("[simulate: 500 times=5] What is new?")
    chat.ended("failed")

    chat.notice.get_by_role("button", name="Try again").click()

    chat.finished()
    expect(chat.answers).to_have_count(1)
    expect(chat.prose).to_contain_text(re.compile(r"\w+"))


def test_refusal_is_said_plainly(chat: Chat) -> None:
    chat.ask("[simulate: refusal category=cyber]")

    expect(chat.notice).to_contain_text("Claude declined to answer")
    works_again(chat)


def test_a_refusal_offers_other_models_the_recommended_one_first(chat: Chat) -> None:
    chat.ask("[simulate: refusal recommended=claude-sonnet-4-6]")

    chat.notice.get_by_role("button", name="Try another model").click()
    items = chat.page.locator("#retry-menu").get_by_role("button")
    expect(items.first).to_have_text("Claude Sonnet 4.6")
    names = items.all_text_contents()
    items.first.click()

    # It declines as well: the same question, and the simulator does as it is told.
    expect(chat.answer.locator(".branches__count")).to_have_text("2 / 2")
    chat.notice.get_by_role("button", name="Try another model").click()
    expect(items.filter(has_text="Claude Opus 5.5")).to_have_count(1)
    assert "Claude Opus 5.5" not in names
    assert "Claude Sonnet 4.6" not in items.all_text_contents()


def test_refusal_in_mid_stream_takes_the_text_back(chat: Chat) -> None:
    chat.ask("[simulate: refusal-mid-stream] Tell me about the steps of it, please")

    expect(chat.notice).to_contain_text("Claude declined to answer")
    expect(chat.answer.get_by_text("Show what had been written")).to_be_visible()
    expect(chat.prose).to_be_hidden()
    works_again(chat)


def test_answer_at_its_length_limit_can_be_continued(chat: Chat) -> None:
    chat.ask("[simulate: max_tokens] Tell me about the steps of it, please")
    expect(chat.notice).to_contain_text("length limit")

    chat.notice.get_by_role("button", name="Continue").click()

    expect(chat.notice).to_have_count(0)
    chat.finished()
    expect(chat.prose).to_contain_text(re.compile(r"\w+"))


@pytest.mark.parametrize("tag", ["cut", "529-mid-stream", "garbage"])
def test_answer_that_broke_off_keeps_its_text(chat: Chat, tag: str) -> None:
    chat.send(f"[simulate: {tag} after=120] Tell me about the steps of it, please")

    chat.ended("failed")
    (kept,) = chat.stored_texts()
    assert len(kept) == 120
    assert chat.source() == kept
    expect(chat.notice).to_contain_text(REQUEST_ID)
    chat.notice.get_by_role("button", name="Continue").click()
    expect(chat.notice).to_have_count(0)
    chat.finished()
    works_again(chat)
