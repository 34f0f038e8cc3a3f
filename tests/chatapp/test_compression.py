"""Pages are compressed, files with a length of their own are not."""

import gzip

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import Attachment, Kind

GZIP = {"accept-encoding": "gzip"}


@pytest.fixture
def logged_in(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


def test_page_is_a_fifth_of_its_size(logged_in: Client) -> None:
    answer = logged_in.get("/", headers=GZIP)

    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) * 4 < len(gzip.decompress(answer.content))


def test_page_stays_plain_for_who_cannot_unpack(logged_in: Client) -> None:
    assert "Content-Encoding" not in logged_in.get("/")


def test_attachment_keeps_its_length(logged_in: Client, alice: User) -> None:
    attachment = Attachment(
        owner=alice,
        kind=Kind.TEXT,
        name="a.txt",
        sha256="1" * 64,
        size_bytes=1000,
        sent_size_bytes=1000,
        media_type="text/plain",
    )
    attachment.file.save("a.txt", ContentFile(b"a" * 1000), save=False)
    attachment.save()

    answer = logged_in.get(attachment.href, headers=GZIP)

    assert "Content-Encoding" not in answer
    assert answer["Content-Length"] == "1000"
