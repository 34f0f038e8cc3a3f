"""A long conversation is compacted, and goes on."""

from playwright.sync_api import expect

from tests.e2e.chat import Chat


def compact(chat: Chat) -> None:
    chat.page.get_by_role("button", name="Rename or delete").click()
    chat.page.get_by_role("button", name="Compact this conversation").click()


def test_a_conversation_is_compacted_and_goes_on(chat: Chat) -> None:
    chat.ask("[simulate: echo] My name is Ada.")
    chat.ask("[simulate: echo] I like tea.")

    compact(chat)

    divider = chat.page.locator(".compaction")
    expect(divider).to_contain_text("Compacted up to here: 4 messages")
    divider.locator("summary").click()
    expect(divider).to_contain_text("Claude answered: My name is Ada.")
    expect(chat.answers).to_have_count(2)

    chat.ask("[simulate: echo] And now?")
    expect(divider).to_have_count(1)
    chat.reload()
    expect(chat.answers).to_have_count(3)
    expect(chat.answers.nth(1).locator(".compaction")).to_be_visible()


def test_a_second_tab_sees_it_and_a_repetition_says_why_not(chat: Chat) -> None:
    chat.ask("[simulate: echo] Hello")
    other = chat.tab()

    compact(chat)
    expect(other.page.locator(".compaction")).to_contain_text("Compacted up to here")
    expect(chat.page.locator(".compaction")).to_contain_text("Compacted up to here")
    chat.watch.allow("409")
    compact(chat)

    refusal = chat.page.locator(".toast", has_text="compacted already")
    expect(refusal).to_be_visible()


def test_a_conversation_may_compact_itself(chat: Chat) -> None:
    chat.ask("[simulate: echo] Hello")
    chat.page.get_by_role("button", name="Rename or delete").click()
    box = chat.page.get_by_role("checkbox", name="Compact by itself")
    expect(box).not_to_be_checked()

    with chat.page.expect_response("**/compact/itself/"):
        box.check()
    chat.reload()
    chat.page.get_by_role("button", name="Rename or delete").click()

    expect(box).to_be_checked()


def test_an_answer_that_filled_the_window_offers_it(chat: Chat) -> None:
    chat.ask("[simulate: window] Tell me a long story.")

    chat.page.get_by_role("button", name="Compact the conversation").click()

    expect(chat.page.locator(".compaction")).to_contain_text("2 messages")
