"""Files: chosen, pasted, dropped, refused, removed."""

import base64
import re
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from tests.e2e.chat import Chat
from tests.e2e.files import broken_picture, letter, notes, photograph, report

PASTE = """async (encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const picture = new Blob([bytes], { type: "image/png" });
  await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
}"""


def test_pasted_picture_is_attached(chat: Chat) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stream = BytesIO()
    Image.new("RGB", (30, 20), "green").save(stream, "PNG")
    chat.page.evaluate(PASTE, base64.b64encode(stream.getvalue()).decode())

    chat.box.press("ControlOrMeta+v")
    expect(chat.uploads).to_have_attribute("data-state", "done")
    expect(chat.uploads.locator("img")).to_be_visible()

    chat.ask("Describe the picture")
    expect(chat.prose).to_contain_text("30 \N{MULTIPLICATION SIGN} 20 pixels")


def test_dropped_file_is_attached(chat: Chat, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(notes()["buffer"])
    overlay = chat.page.locator("#drop-overlay")
    mouse = chat.page.context.new_cdp_session(chat.page)
    dragged = {"items": [], "files": [str(file)], "dragOperationsMask": 1}

    def drag(kind: str, x: int) -> None:
        event = {"type": kind, "x": x, "y": 200, "data": dragged}
        mouse.send("Input.dispatchDragEvent", event)

    drag("dragEnter", 500)
    drag("dragOver", 510)
    expect(overlay).to_be_visible()
    expect(overlay).to_contain_text("Drop files to attach")
    drag("drop", 510)

    expect(overlay).to_be_hidden()
    expect(chat.uploads).to_have_attribute("data-state", "done")
    chat.ask("Which colour has the crane in the file?")
    expect(chat.prose).to_contain_text("The crane was painted green in March.")


def test_drag_that_leaves_hides_the_overlay(chat: Chat) -> None:
    overlay = chat.page.locator("#drop-overlay")
    dragged = chat.page.evaluate_handle(
        """() => {
          const dragged = new DataTransfer();
          dragged.items.add(new File(["x"], "notes.txt"));
          return dragged;
        }"""
    )
    # The pointer comes over the text box, then over the overlay, then leaves.
    chat.box.dispatch_event("dragenter", {"dataTransfer": dragged})
    expect(overlay).to_be_visible()
    overlay.dispatch_event("dragenter", {"dataTransfer": dragged})
    chat.box.dispatch_event("dragleave", {"dataTransfer": dragged})
    expect(overlay).to_be_visible()

    overlay.dispatch_event("dragleave", {"dataTransfer": dragged})

    expect(overlay).to_be_hidden()


def test_refused_file_says_why_and_can_be_removed(chat: Chat) -> None:
    chat.watch.allow("status 4.*/attachments/", "status of 4")
    chat.page.locator("#composer-files").set_input_files(broken_picture())

    expect(chat.uploads).to_have_attribute("data-state", "failed")
    expect(chat.uploads.get_by_role("alert")).to_have_text(re.compile(r"\w+ \w+ .*\."))
    chat.send("look")
    expect(chat.page.locator("#composer-hint")).to_contain_text(
        "1 file was not uploaded"
    )
    expect(chat.questions).to_have_count(0)

    chat.uploads.get_by_role("button", name="Remove").click()
    expect(chat.uploads).to_have_count(0)
    expect(chat.page.locator("#composer-attachments")).to_be_hidden()
    chat.ask("[simulate: echo] without it")
    expect(chat.prose).to_have_text("without it")


def test_removed_file_is_not_sent(chat: Chat) -> None:
    chat.attach(notes(), photograph())

    chat.uploads.filter(has_text="notes.txt").get_by_role(
        "button", name="Remove"
    ).click()
    chat.ask("What is in the picture?")

    expect(chat.questions.locator(".attachment")).to_have_count(1)
    expect(chat.questions.locator(".attachment")).to_contain_text("harbour.jpg")


def test_send_waits_for_the_upload_and_says_so(chat: Chat) -> None:
    held = chat.hold("**/attachments/")
    chat.page.locator("#composer-files").set_input_files(report())
    expect(chat.uploads).to_have_attribute("data-state", "uploading")

    chat.send("What was the tidal range?")
    hint = chat.page.locator("#composer-hint")
    expect(hint).to_have_text("Waiting for 1 upload…")
    expect(chat.questions).to_have_count(0)
    chat.let_go(held)

    # The message goes by itself when the file is there.
    expect(chat.questions.locator(".attachment")).to_have_count(1)
    chat.finished()
    expect(chat.prose).to_contain_text("3.4 metres")
    expect(hint).to_be_hidden()


def test_word_document_is_sent_as_text_and_kept(chat: Chat) -> None:
    document = letter()
    chat.attach(document)
    expect(chat.uploads).to_contain_text("Word document")
    with chat.page.expect_popup() as opened:
        chat.uploads.get_by_role("link", name="See what Claude reads").click()
    expect(opened.value.locator("body")).to_contain_text("# The harbour")
    opened.value.close()

    chat.ask("Which colour has the crane?")

    expect(chat.prose).to_contain_text("The crane was painted green in March.")
    expect(chat.questions.locator(".attachment")).to_contain_text("Word document")
    with chat.page.expect_download() as saved:
        chat.questions.get_by_role("link", name="Original").click()
    assert saved.value.suggested_filename == "harbour.docx"
    assert saved.value.path().read_bytes() == document["buffer"]


def test_upload_that_failed_can_be_tried_again(chat: Chat) -> None:
    chat.watch.allow("ERR_FAILED")
    chat.page.route("**/attachments/", lambda route: route.abort(), times=1)
    chat.page.locator("#composer-files").set_input_files(notes())
    expect(chat.uploads).to_have_attribute("data-state", "failed")

    chat.uploads.get_by_role("button", name="Upload again").click()

    expect(chat.uploads).to_have_attribute("data-state", "done")


def test_picture_opens_in_a_preview(chat: Chat) -> None:
    chat.attach(photograph())
    chat.ask("What is in the picture?")
    link = chat.questions.locator("a.attachment")

    link.click()
    preview = chat.page.get_by_role("dialog", name="Picture")
    expect(preview).to_be_visible()
    expect(preview.locator("img")).to_have_js_property("naturalWidth", 400)
    chat.page.keyboard.press("Escape")

    expect(preview).to_be_hidden()
    expect(link).to_be_focused()


def test_edit_keeps_the_files_of_the_message(chat: Chat) -> None:
    chat.attach(photograph())
    chat.ask("What is in the picture?")

    chat.box.press("ArrowUp")
    expect(chat.uploads).to_have_attribute("data-state", "done")
    chat.box.fill("How large is the picture?")
    chat.box.press("Enter")

    expect(chat.page.get_by_role("group", name="Message versions")).to_be_visible()
    chat.finished()
    expect(chat.questions.locator(".attachment")).to_have_count(1)
    expect(chat.prose).to_contain_text("400 \N{MULTIPLICATION SIGN} 640 pixels")
