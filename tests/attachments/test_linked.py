import asyncio

import pytest
from asgiref.sync import async_to_sync

from chatapp.accounts.models import User
from conversations.attachments.errors import UploadRefused
from conversations.attachments.linked import take_in_link
from conversations.models import Attachment
from tests.attachments import samples
from tests.attachments.conftest import ListFiles, Upload, stored_bytes
from tests.attachments.conversions import packages
from tests.fetching.web import Answer, answer, redirect, serving

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def fetch(
    owner: User, answers: dict[str, bytes | Answer], *links: str
) -> list[Attachment]:
    """Take in links, one after the other, from servers of a small internet."""

    async def run() -> list[Attachment]:
        async with serving(answers) as web:
            web.knows("inside.example", ["10.0.0.5"])
            return [await take_in_link(owner, link, web.fetcher) for link in links]

    return async_to_sync(run)()


def refusal(owner: User, body: bytes, link: str = "http://example.org/a") -> str:
    with pytest.raises(UploadRefused) as caught:
        fetch(owner, {"/a": body}, link)
    assert caught.value.status in (413, 415, 422)
    return caught.value.type


def test_a_picture_is_attached(alice: User, list_files: ListFiles) -> None:
    content = samples.picture("PNG")
    link = "http://example.org/red%20and%20blue.png?size=1"

    (attachment,) = fetch(
        alice,
        {"/red%20and%20blue.png?size=1": answer(content, content_type="image/png")},
        f" {link} ",
    )

    assert (attachment.kind, attachment.name) == ("image", "red and blue.png")
    assert (attachment.source_url, attachment.source_host) == (link, "example.org")
    assert attachment.size_bytes == len(content)
    assert attachment.owner == alice


@pytest.mark.parametrize(
    ("body", "media_type", "kind", "converted_from"),
    [
        (samples.pdf(2), "application/pdf", "pdf", ""),
        (samples.pdf(2), "application/octet-stream", "pdf", ""),
        (b"words", "text/markdown; charset=utf-8", "text", ""),
        (b'{"a": 1}', "application/json", "text", ""),
        (b"<!doctype html><p>words", "text/html", "text", "html"),
        (packages.docx("words"), WORD, "text", "docx"),
    ],
)
def test_the_bytes_decide_what_it_is(
    alice: User, list_files: ListFiles, body: bytes, media_type: str, kind: str,
    converted_from: str,
) -> None:  # fmt: skip
    (attachment,) = fetch(
        alice, {"/a": answer(body, content_type=media_type)}, "http://example.org/a"
    )

    assert (attachment.kind, attachment.converted_from) == (kind, converted_from)


def test_the_link_of_the_person_is_kept_and_not_where_it_led(
    alice: User, list_files: ListFiles
) -> None:
    (attachment,) = fetch(
        alice,
        {"/a": redirect("/signed?token=secret"), "/signed?token=secret": answer()},
        "http://example.org/a",
    )

    assert attachment.source_url == "http://example.org/a"
    assert attachment.name == "signed"


def test_what_is_known_is_not_kept_twice(
    alice: User, upload: Upload, list_files: ListFiles
) -> None:
    known = upload(b"words", "a")
    files = list_files()

    same, named = fetch(
        alice,
        {"/a": answer(), "/b": answer()},
        "http://example.org/a",
        "http://example.org/b",
    )

    assert same == known
    assert (named.name, named.source_url) == ("b", "http://example.org/b")
    assert list_files() == files


@pytest.mark.parametrize(
    ("body", "link", "type_"),
    [
        (b"", "http://inside.example/a", "unreachable"),
        (b"", "http://127.0.0.1/a", "unreachable"),
        (b"", "file:///etc/passwd", "bad_link"),
        (redirect("http://127.0.0.1/"), "http://example.org/a", "unreachable"),
        (answer(status="404 Not Found"), "http://example.org/a", "bad_status"),
        (answer(content_type="video/mp4"), "http://example.org/a", "wrong_type"),
        (answer(b""), "http://example.org/a", "empty_file"),
        (answer(b"Rar!\x1a\x07\xff"), "http://example.org/a", "unsupported_type"),
        (answer(content_length=str(2**40)), "http://example.org/a", "too_large"),
        (answer(packages.bomb(), content_type=WORD), "http://example.org/a",
         "file_too_complex"),
    ],
)  # fmt: skip
def test_a_refusal_leaves_nothing_behind(
    alice: User, list_files: ListFiles, body: bytes, link: str, type_: str
) -> None:
    assert refusal(alice, body, link) == type_
    assert list_files() == []
    assert not Attachment.objects.exists()


def test_one_link_twice_at_once_is_one_attachment(
    alice: User, list_files: ListFiles
) -> None:
    async def run() -> list[Attachment]:
        async with serving({"/a": answer()}) as web:
            fetcher = web.fetcher
            return await asyncio.gather(
                *(take_in_link(alice, "http://example.org/a", fetcher) for _ in "12")
            )

    first, second = async_to_sync(run)()

    assert first == second
    assert stored_bytes(first.file) == b"words"
