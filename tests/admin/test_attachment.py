"""Other people's files, for reviewers and for nobody else."""

from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from chatapp.accounts.models import User
from conversations.attachments.intake import take_in
from conversations.models import Attachment
from tests.admin.conftest import ADMIN, OpenAdmin, Reviewer, page_of
from tests.attachments import samples
from tests.views.conftest import Html
from tests.views.stories import Story
from tests.views.test_attachments import body

TEXT = b"Grass is green. Water is wet."


@pytest.fixture(autouse=True)
def storage(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def picture(alice: User) -> Attachment:
    upload = SimpleUploadedFile("meadow.png", samples.picture("PNG"))
    return async_to_sync(take_in)(alice, upload)


@pytest.fixture
def text(alice: User) -> Attachment:
    return async_to_sync(take_in)(alice, SimpleUploadedFile("meadow.txt", TEXT))


def file_of(attachment: Attachment) -> str:
    return f"{ADMIN}/attachment/{attachment.id}/file/"


def log() -> list[tuple[Any, ...]]:
    return list(LogEntry.objects.values_list("object_repr", "change_message"))


def test_the_file_itself(reviewer: Reviewer, text: Attachment) -> None:
    rita = reviewer("view_attachment")

    answer: Any = rita.get(file_of(text))

    assert (answer.status_code, body(answer)) == (200, TEXT)
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert log() == [("Attachment of alice", "Opened the file.")]


def test_the_small_picture(reviewer: Reviewer, picture: Attachment) -> None:
    rita = reviewer("view_attachment")

    answer: Any = rita.get(f"{ADMIN}/attachment/{picture.id}/thumbnail/")

    assert answer.headers["Content-Type"] == "image/webp"
    assert body(answer)[8:12] == b"WEBP"


def test_the_original_of_a_text(reviewer: Reviewer, alice: User) -> None:
    page = b"<!doctype html><p>Grass is green."
    converted = async_to_sync(take_in)(alice, SimpleUploadedFile("a.html", page))
    address = f"{ADMIN}/attachment/{converted.id}/original/"
    rita = reviewer("view_attachment")

    answer: Any = rita.get(address)
    about: Any = rita.get(f"{ADMIN}/attachment/{converted.id}/change/")

    assert body(answer) == page
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.html"'
    assert log()[-1] == ("Attachment of alice", "Opened the file.")
    assert f'<a href="{address}">Save the web page</a>' in about.content.decode()


def test_a_text_has_no_original(reviewer: Reviewer, text: Attachment) -> None:
    rita = reviewer("view_attachment")

    answer = rita.get(f"{ADMIN}/attachment/{text.id}/original/")

    assert answer.status_code == 404


def test_a_text_has_no_small_picture(reviewer: Reviewer, text: Attachment) -> None:
    rita = reviewer("view_attachment")

    assert rita.get(f"{ADMIN}/attachment/{text.id}/thumbnail/").status_code == 404


def test_the_parts_of_one_look_are_noted_down_once(
    reviewer: Reviewer, text: Attachment
) -> None:
    rita = reviewer("view_attachment")

    answers: list[Any] = [
        rita.get(file_of(text), headers={"Range": f"bytes={start}-"})
        for start in (0, 5, 10)
    ]

    assert [answer.status_code for answer in answers] == [206, 206, 206]
    assert [body(answer) for answer in answers] == [TEXT, TEXT[5:], TEXT[10:]]
    assert log() == [("Attachment of alice", "Opened the file.")]


@pytest.mark.parametrize("page", ["file", "original", "thumbnail"])
def test_only_with_the_permission(
    reviewer: Reviewer, alice: User, client: Client, picture: Attachment, page: str
) -> None:
    rita = reviewer("view_conversation", "view_message")
    client.force_login(alice)
    address = f"{ADMIN}/attachment/{picture.id}/{page}/"

    assert rita.get(address).status_code == 403
    # The owner has an address of their own; strangers are sent to the log-in.
    assert client.get(address).status_code == 302
    assert Client().get(address).status_code == 302
    assert log() == []


@pytest.mark.parametrize("page", ["file", "original", "thumbnail"])
def test_files_are_only_read(
    reviewer: Reviewer, picture: Attachment, page: str
) -> None:
    rita = reviewer("view_attachment")

    answer = rita.post(f"{ADMIN}/attachment/{picture.id}/{page}/")

    assert answer.status_code == 405


def test_the_owners_address_stays_the_owners(root: User, text: Attachment) -> None:
    client = Client()
    client.force_login(root)

    assert client.get(text.href).status_code == 404


def test_the_page_tells_what_it_is_and_where_it_was_sent(
    open_admin: OpenAdmin, story: Story, picture: Attachment
) -> None:
    question = story.conversation.messages.get(role="user")
    question.attachments.add(picture)

    page = open_admin(f"/attachment/{picture.id}/change/")

    image = page.one("img", "preview").attributes["src"]
    assert image == f"{ADMIN}/attachment/{picture.id}/thumbnail/"
    place = f"{ADMIN}{page_of(story)}?leaf={question.id}#message-{question.id}"
    assert page.one("a", href=place).text == "Priorities"
    assert page.one("div", "field-extent").text == "Extent: 40 x 30"
    assert log() == [("Attachment of alice", "Viewed.")]


def test_chips_and_citations_lead_reviewers_to_the_file(
    open_admin: OpenAdmin, alice: User, text: Attachment
) -> None:
    page = open_admin(page_of(cited(alice, text)))

    hrefs = [a.attributes.get("href", "") for a in page.all("a")]
    assert [href for href in hrefs if str(text.id) in href] == [
        file_of(text),
        file_of(text),
        file_of(text),
    ]
    assert page.one("span", "attachment__name").text == "meadow.txt"
    assert page.one("a", "citation").attributes["href"] == file_of(text)


def test_without_the_permission_they_lead_nowhere(
    reviewer: Reviewer, alice: User, text: Attachment
) -> None:
    story = cited(alice, text)
    rita = reviewer("view_conversation")

    page = Html(rita.get(f"{ADMIN}{page_of(story)}"))

    last = story.conversation.leaf_id
    assert str(text.id) not in str([a.attributes for a in page.all("a")])
    assert page.one("a", "citation").attributes["href"] == f"#source-{last}-1"
    assert page.one("span", "attachment__name").text == "meadow.txt"


def cited(alice: User, text: Attachment) -> Story:
    """Return a conversation whose answer cites a text."""
    story = Story(alice)
    question = story.ask()
    question.attachments.add(text)
    document = {"attachment": str(text.id), "title": text.name, "kind": "text"}
    answer = story.answer(question, documents=[document])
    place = {
        "type": "char_location",
        "document_index": 0,
        "start_char_index": 0,
        "end_char_index": 15,
        "cited_text": "Grass is green.",
    }
    answer.content = [{"type": "text", "text": "Green.", "citations": [place]}]
    answer.save()
    return story
