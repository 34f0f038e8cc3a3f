"""A conversation that answers in JSON, as a person begins it."""

import json
from pathlib import Path

from playwright.sync_api import Download, expect

from tests.e2e.chat import Chat


def open_options(chat: Chat) -> None:
    chat.page.get_by_role("button", name="Effort, thinking and tools").click()
    chat.page.locator("#json-field summary").click()


def test_from_a_schema_to_a_file(chat: Chat) -> None:
    page = chat.page
    open_options(chat)
    schema = page.get_by_label("JSON schema", exact=True)
    problems = page.locator("#json-problems li")

    schema.fill('{"type": "object"}')
    expect(problems).to_have_text(
        ["An object needs “additionalProperties” to be false."]
    )
    page.get_by_label("Begin with an example").select_option("A list of things")
    expect(problems).to_have_count(0)
    expect(page.locator("#composer-options-summary")).to_have_text("JSON")
    page.keyboard.press("Escape")
    answer = chat.ask("Name things")

    code = answer.locator("code.language-json")
    items = json.loads(code.text_content() or "")["items"]
    assert items
    expect(code).to_have_text(json.dumps({"items": items}, indent=2))
    with page.expect_download() as caught:
        answer.get_by_role("button", name="Download as a file").click()
    download: Download = caught.value
    assert download.suggested_filename == "answer.json"
    assert json.loads(Path(download.path()).read_text()) == {"items": items}

    # What was fixed cannot be changed, and holds for the next message.
    open_options(chat)
    expect(schema).to_be_disabled()
    page.keyboard.press("Escape")
    chat.reload()
    again = chat.ask("And more")
    expect(again.locator("code.language-json")).to_contain_text('"items"')
    page.get_by_role("button", name="Effort, thinking and tools").click()
    page.locator(".options summary", has_text="Answers in JSON").click()
    expect(page.locator(".options__schema")).to_contain_text('"items"')


def test_it_looks_the_same_while_it_comes(chat: Chat) -> None:
    open_options(chat)
    chat.page.get_by_label("Begin with an example").select_option("A list of things")
    chat.page.keyboard.press("Escape")
    words = [f"word {number}" for number in range(40)]
    text = json.dumps({"items": words})

    chat.send(
        f"[simulate: silent] [simulate: slow seconds=0.05] [simulate: echo] {text}"
    )

    live = chat.answer.locator("code")
    expect(live).to_contain_text('{\n  "items": [\n    "word 0",\n    "word 1"')
    chat.finished()
    expect(chat.answer.locator("code.language-json")).to_have_text(
        json.dumps({"items": words}, indent=2)
    )
    expect(chat.answer.locator(".mismatch")).to_have_count(0)


def test_a_schema_that_is_refused_stays_in_the_composer(chat: Chat) -> None:
    open_options(chat)
    chat.page.get_by_label("JSON schema", exact=True).fill("{}")
    chat.page.keyboard.press("Escape")

    chat.send("Name things")

    expect(chat.page.locator("#composer-error")).to_contain_text(
        "The JSON schema cannot be used."
    )
    expect(chat.box).to_have_value("Name things")
    expect(chat.page.get_by_label("JSON schema", exact=True)).to_have_value("{}")
