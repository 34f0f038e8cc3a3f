"""Writing: keys, drafts, input methods."""

from playwright.sync_api import expect

from tests.e2e.chat import Chat, paced, words


def test_shift_enter_makes_a_line_and_enter_sends(chat: Chat) -> None:
    chat.box.press_sequentially("[simulate: echo] one")
    chat.box.press("Shift+Enter")
    chat.box.press_sequentially("two")
    expect(chat.box).to_have_value("[simulate: echo] one\ntwo")

    chat.box.press("Enter")

    chat.finished()
    assert chat.stored_texts("user") == ["[simulate: echo] one\ntwo"]
    expect(chat.box).to_have_value("")
    expect(chat.box).to_be_focused()


def test_enter_that_ends_a_composition_does_not_send(chat: Chat) -> None:
    keys = chat.page.context.new_cdp_session(chat.page)
    chat.box.focus()
    keys.send(
        "Input.imeSetComposition",
        {"text": "にほん", "selectionStart": 3, "selectionEnd": 3},
    )
    # What the page gets of an Enter that the input method takes.
    enter = {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 13}
    keys.send("Input.dispatchKeyEvent", enter)
    keys.send("Input.insertText", {"text": "日本"})

    expect(chat.box).to_have_value("日本")
    expect(chat.questions).to_have_count(0)
    chat.box.press("Enter")
    expect(chat.questions).to_have_count(1)
    chat.finished()


def test_empty_message_is_not_sent(chat: Chat) -> None:
    chat.send("  \n ")

    expect(chat.questions).to_have_count(0)
    expect(chat.page).to_have_url(chat.watch.origin + "/")


def test_draft_survives_a_reload_until_it_is_sent(chat: Chat) -> None:
    chat.box.fill("half a thought")
    chat.reload()
    expect(chat.box).to_have_value("half a thought")

    chat.ask("[simulate: echo] whole")
    chat.reload()
    expect(chat.box).to_have_value("")
    chat.box.fill("another half")
    chat.open("/")
    expect(chat.box).to_have_value("")
    chat.page.go_back()
    chat.connected()
    expect(chat.box).to_have_value("another half")


def test_text_typed_during_an_answer_stays_and_enter_waits(chat: Chat) -> None:
    chat.send(paced(words(150)))
    chat.streaming("word5 ")

    chat.send("[simulate: echo] next")
    expect(chat.page.locator("#composer-hint")).to_contain_text("still answering")
    expect(chat.box).to_have_value("[simulate: echo] next")
    chat.finished()
    expect(chat.page.locator("#composer-hint")).to_be_hidden()
    chat.box.press("Enter")

    expect(chat.prose).to_have_text("next")


def test_escape_stops_the_answer(chat: Chat) -> None:
    chat.send(paced(words(400)))
    chat.streaming("word5 ")

    chat.box.press("Escape")

    chat.ended("cancelled")


def test_arrow_up_in_an_empty_box_edits_the_last_message(chat: Chat) -> None:
    chat.ask("[simulate: echo] one")

    chat.box.press("ArrowUp")

    expect(chat.box).to_have_value("[simulate: echo] one")


def test_suggestion_fills_the_box_without_sending(chat: Chat) -> None:
    prompt = chat.page.locator("button.prompt").first
    text = prompt.get_attribute("data-prompt") or ""

    prompt.click()

    assert text
    expect(chat.box).to_have_value(text)
    expect(chat.box).to_be_focused()
    expect(chat.questions).to_have_count(0)


def test_long_text_grows_the_box_but_not_the_page(chat: Chat) -> None:
    small = chat.box.bounding_box()
    chat.box.fill("\n".join(["line"] * 80))
    large = chat.box.bounding_box()

    assert small
    assert large
    assert small["height"] < large["height"]
    assert large["height"] < 720 / 2
