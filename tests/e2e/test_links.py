"""Attaching what stands behind a link."""

from playwright.sync_api import Route, expect

from tests.e2e.chat import Chat
from tests.e2e.files import notes


def ask_for_link(chat: Chat, link: str) -> None:
    chat.page.get_by_role("button", name="Attach from a link").click()
    dialog = chat.page.get_by_role("dialog", name="Attach from a link")
    dialog.get_by_role("textbox").fill(link)
    dialog.get_by_role("textbox").press("Enter")
    expect(dialog).to_be_hidden()


def test_link_inside_is_refused_in_words(chat: Chat) -> None:
    chat.watch.allow("status 4.*/attachments/", "status of 4")

    ask_for_link(chat, "http://127.0.0.1/secret.pdf")

    expect(chat.uploads).to_have_attribute("data-state", "failed")
    expect(chat.uploads.get_by_role("alert")).to_have_text(
        "127.0.0.1 cannot be reached: there is no such server on the public internet, "
        "or it does not answer."
    )
    expect(chat.uploads.get_by_role("button", name="Upload again")).to_be_visible()


def test_fetched_file_is_sent_and_names_its_source(chat: Chat) -> None:
    """The server of this test has no internet: the fetched file is put in its answer."""
    link = "https://example.org/notes.txt"

    def answer(route: Route) -> None:
        assert link in (route.request.post_data or "")
        uploaded = chat.page.request.post(
            route.request.url,
            multipart={"file": notes()},
            headers={"x-csrftoken": route.request.headers["x-csrftoken"]},
        )
        route.fulfill(status=201, json=uploaded.json() | {"source_url": link})

    chat.page.route("**/attachments/", answer)
    ask_for_link(chat, link)
    expect(chat.uploads).to_have_attribute("data-state", "done")
    expect(chat.uploads).to_contain_text("notes.txt")

    chat.ask("Which colour has the crane?")

    expect(chat.prose).to_contain_text("The crane was painted green in March.")


def test_nothing_is_attached_without_a_link(chat: Chat) -> None:
    chat.page.get_by_role("button", name="Attach from a link").click()
    dialog = chat.page.get_by_role("dialog", name="Attach from a link")

    dialog.get_by_role("textbox").fill("no link")
    dialog.get_by_role("button", name="Attach").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()

    expect(dialog).to_be_hidden()
    expect(chat.uploads).to_have_count(0)
    expect(chat.box).to_be_focused()
