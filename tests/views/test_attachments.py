import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import AsyncRequestFactory, Client
from pytest_django import Settings

from chatapp.accounts.models import User
from conversations.attachments.intake import take_in
from conversations.models import Attachment
from conversations.views import attachments as views
from tests.attachments import samples
from tests.attachments.conversions import packages
from tests.fetching.web import answer, serving

TEXT = "0123456789 größe\n"
BYTES = TEXT.encode()

# The test client's response has attributes that no class declares.
type Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def storage(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def post(client: Client, alice: User) -> Post:
    """Return a function that uploads as alice."""
    client.force_login(alice)

    def send(*files: SimpleUploadedFile, **fields: Any) -> Any:
        return client.post("/attachments/", {"file": list(files), **fields})

    return send


@pytest.fixture
def attachment(client: Client, alice: User) -> Attachment:
    """Return a text of alice, who is logged in."""
    client.force_login(alice)
    upload = SimpleUploadedFile("größe.html", BYTES)
    return async_to_sync(take_in)(alice, upload)


def body(response: Any) -> bytes:
    """Return the whole content of a streamed or plain answer."""
    if not response.streaming:
        return bytes(response.content)

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in response])

    return async_to_sync(collect)()


def test_a_picture_is_described(post: Post) -> None:
    content = samples.picture("PNG")

    response = post(SimpleUploadedFile("a.png", content))

    attachment = Attachment.objects.get()
    assert response.status_code == 201
    assert json.loads(response.content) == {
        "id": str(attachment.id),
        "kind": "image",
        "name": "a.png",
        "size_bytes": len(content),
        "width": 40,
        "height": 30,
        "href": f"/attachments/{attachment.id}/",
        "thumbnail_href": f"/attachments/{attachment.id}/thumbnail/",
    }


def test_a_pdf_is_described(post: Post) -> None:
    response = post(SimpleUploadedFile("a.pdf", samples.pdf(2)))

    described = json.loads(response.content)
    assert (described["kind"], described["pages"]) == ("pdf", 2)
    assert "width" not in described


def test_text_is_described(post: Post) -> None:
    described = json.loads(post(SimpleUploadedFile("a.md", b"words")).content)

    assert sorted(described) == ["href", "id", "kind", "name", "size_bytes"]


def test_a_link_is_fetched_and_described(alice: User) -> None:
    async def run() -> HttpResponse:
        async with serving({"/a.txt": answer(b"words")}) as web:
            request = AsyncRequestFactory().post(
                "/attachments/", {"link": "http://example.org/a.txt"}
            )
            request.auser = sync_to_async(lambda: alice)
            return await views.attachments(request, web.fetcher)

    response = async_to_sync(run)()

    described = json.loads(response.content)
    assert response.status_code == 201
    assert (described["name"], described["source_url"], described["kind"]) == (
        "a.txt",
        "http://example.org/a.txt",
        "text",
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
def test_a_link_inside_is_refused(client: Client, alice: User, host: str) -> None:
    client.force_login(alice)

    response = client.post("/attachments/", {"link": f"http://{host}/"})

    error = json.loads(response.content)["error"]
    assert (response.status_code, error["type"]) == (422, "unreachable")
    assert error["message"].endswith("or it does not answer.")


def test_a_refusal_says_why(post: Post) -> None:
    response = post(SimpleUploadedFile("a.png", b""))

    assert response.status_code == 422
    assert json.loads(response.content) == {
        "error": {
            "type": "empty_file",
            "message": "This file is empty (0 bytes). Attach one with content.",
        }
    }


@pytest.mark.parametrize(("count", "type_"), [(0, "no_file"), (2, "too_many_files")])
def test_one_file_is_expected(post: Post, count: int, type_: str) -> None:
    files = [SimpleUploadedFile("a.txt", b"words")] * count

    response = post(*files)

    assert response.status_code == 400
    assert json.loads(response.content)["error"] == {
        "type": type_,
        "message": f"This request has {count} files in its field `file`, but exactly "
        "one is expected (multipart/form-data).",
    }
    assert Attachment.objects.count() == 0


def test_a_stranger_to_the_site_may_not_upload(client: Client, db: None) -> None:
    file = SimpleUploadedFile("a.txt", b"words")

    response = client.post("/attachments/", {"file": file})

    assert response.status_code == 401
    assert json.loads(response.content) == {
        "error": {
            "type": "authentication_error",
            "message": "Log in to attach files.",
        }
    }
    assert Attachment.objects.count() == 0


def test_a_deactivated_person_may_not_upload(
    client: Client, post: Post, alice: User
) -> None:
    alice.is_active = False
    alice.save()

    assert post(SimpleUploadedFile("a.txt", b"words")).status_code == 401


def test_an_upload_needs_a_csrf_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    file = SimpleUploadedFile("a.txt", b"words")
    response = client.post("/attachments/", {"file": file})

    assert response.status_code == 403
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_the_list_answers_post_only(client: Client, alice: User, method: str) -> None:
    client.force_login(alice)

    assert client.generic(method.upper(), "/attachments/").status_code == 405


def test_the_whole_file_comes_with_every_protection(
    client: Client, attachment: Attachment
) -> None:
    response = client.get(attachment.href)

    assert (response.status_code, body(response)) == (200, BYTES)
    assert response.streaming
    expected = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(BYTES)),
        "Content-Disposition": "inline; filename*=utf-8''gr%C3%B6%C3%9Fe.html",
        "ETag": f'"{attachment.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        ),
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    assert {name: response.headers.get(name) for name in expected} == expected


def test_head_says_what_get_would(client: Client, attachment: Attachment) -> None:
    whole = client.get(attachment.href)
    body(whole)

    response = client.head(attachment.href, headers={"Range": "bytes=0-1"})

    assert (response.status_code, response.content) == (200, b"")
    assert dict(response.headers) == dict(whole.headers)


@pytest.mark.parametrize(
    ("header", "content_range", "content"),
    [
        ("bytes=0-3", "bytes 0-3/19", b"0123"),
        ("bytes=5-", "bytes 5-18/19", BYTES[5:]),
        ("bytes=-4", "bytes 15-18/19", BYTES[-4:]),
        ("bytes=0-1000", "bytes 0-18/19", BYTES),
        ("bytes=18-18", "bytes 18-18/19", b"\n"),
    ],
)
def test_a_part_is_answered(
    client: Client,
    attachment: Attachment,
    header: str,
    content_range: str,
    content: bytes,
) -> None:
    response = client.get(attachment.href, headers={"Range": header})

    assert response.status_code == 206
    assert response.headers["Content-Range"] == content_range
    assert response.headers["Content-Length"] == str(len(content))
    assert body(response) == content


@pytest.mark.parametrize("header", ["bytes=0-1,3-4", "bytes=9-2", "chars=0-1", "x"])
def test_what_is_no_single_range_gets_the_whole(
    client: Client, attachment: Attachment, header: str
) -> None:
    response = client.get(attachment.href, headers={"Range": header})

    assert (response.status_code, body(response)) == (200, BYTES)
    assert "Content-Range" not in response.headers


@pytest.mark.parametrize("header", ["bytes=19-", "bytes=1000-2000", "bytes=-0"])
def test_a_part_behind_the_end_is_416(
    client: Client, attachment: Attachment, header: str
) -> None:
    response = client.get(attachment.href, headers={"Range": header})

    assert (response.status_code, body(response)) == (416, b"")
    assert response.headers["Content-Range"] == "bytes */19"


def test_a_part_of_another_version_is_not_answered(
    client: Client, attachment: Attachment
) -> None:
    answers = []
    for if_range in (f'"{attachment.sha256}"', '"other"', f'W/"{attachment.sha256}"'):
        headers = {"Range": "bytes=0-1", "If-Range": if_range}
        response = client.get(attachment.href, headers=headers)
        answers.append((response.status_code, body(response)))

    assert answers == [(206, b"01"), (200, BYTES), (200, BYTES)]


def test_what_is_known_is_not_sent_again(
    client: Client, attachment: Attachment
) -> None:
    etag = f'"{attachment.sha256}"'

    known = client.get(attachment.href, headers={"If-None-Match": etag})
    changed = client.get(attachment.href, headers={"If-Match": '"other"'})

    assert (known.status_code, body(known)) == (304, b"")
    assert known.headers["Cache-Control"] == "private, no-store"
    assert changed.status_code == 412


def test_pictures_and_pdfs_keep_their_type(client: Client, alice: User) -> None:
    client.force_login(alice)
    types = []
    for content in (samples.picture("JPEG"), samples.picture("PNG"), samples.pdf()):
        upload = SimpleUploadedFile("evil.html", content, content_type="text/html")
        attachment = async_to_sync(take_in)(alice, upload)

        response = client.get(attachment.href)

        types.append(response.headers["Content-Type"])
        assert response.headers["Content-Disposition"] == (
            'inline; filename="evil.html"'
        )
        body(response)

    assert types == ["image/jpeg", "image/png", "application/pdf"]


def test_a_large_file_comes_in_chunks(client: Client, alice: User) -> None:
    client.force_login(alice)
    content = samples.pdf().ljust(1_000_000, b"\n")
    upload = SimpleUploadedFile("a.pdf", content)
    attachment = async_to_sync(take_in)(alice, upload)

    async def chunks(response: Any) -> list[bytes]:
        return [chunk async for chunk in response]

    received = async_to_sync(chunks)(client.get(attachment.href))

    assert [len(chunk) for chunk in received] == [262_144] * 3 + [213_568]
    assert b"".join(received) == content


def test_the_thumbnail_is_a_small_webp(client: Client, alice: User) -> None:
    client.force_login(alice)
    upload = SimpleUploadedFile("a.png", samples.picture("PNG"))
    attachment = async_to_sync(take_in)(alice, upload)

    response = client.get(attachment.thumbnail_href or "")

    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["ETag"] == f'"{attachment.sha256}-thumbnail"'
    assert response.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    assert body(response)[8:12] == b"WEBP"


def test_the_original_is_saved_and_not_opened(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = b"<!doctype html><p>words<script>alert(1)</script>"
    attachment = async_to_sync(take_in)(alice, SimpleUploadedFile("a.html", page))

    original = client.get(attachment.original_href or "")
    text = client.get(attachment.href)

    assert body(original) == page
    assert original.headers["Content-Type"] == "application/octet-stream"
    assert original.headers["Content-Disposition"] == 'attachment; filename="a.html"'
    assert original.headers["Content-Security-Policy"].endswith("; sandbox")
    assert original.headers["ETag"] == f'"{attachment.sha256}-original"'
    assert body(text) == b"words"
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.headers["Content-Disposition"] == 'inline; filename="a.html.txt"'


def test_a_converted_file_is_described(post: Post) -> None:
    response = post(SimpleUploadedFile("a.docx", packages.docx("The harbour")))

    described = response.json()
    assert response.status_code == 201
    assert (described["kind"], described["converted_from"]) == ("text", "docx")
    assert described["original_href"] == f"{described['href']}original/"


def test_what_was_not_converted_has_no_original(
    client: Client, attachment: Attachment
) -> None:
    assert attachment.original_href is None
    assert client.get(f"{attachment.href}original/").status_code == 404


def test_text_has_no_thumbnail(client: Client, attachment: Attachment) -> None:
    assert attachment.thumbnail_href is None
    assert client.get(f"{attachment.href}thumbnail/").status_code == 404


def test_a_foreign_attachment_does_not_exist(
    client: Client, alice: User, bob: User, charlie: User, sam: User, root: User
) -> None:
    upload = SimpleUploadedFile("a.png", samples.picture("PNG"))
    attachment = async_to_sync(take_in)(alice, upload)
    page = SimpleUploadedFile("a.html", b"<!doctype html><p>words")
    converted = async_to_sync(take_in)(alice, page)
    for person in (bob, charlie, sam, root):
        client.force_login(person)
        for address in (
            attachment.href,
            attachment.thumbnail_href or "",
            converted.original_href or "",
        ):
            assert client.get(address).status_code == 404
            assert client.head(address).status_code == 404
    client.force_login(alice)
    assert client.head(attachment.thumbnail_href or "").status_code == 200


def test_without_log_in_the_log_in_page_comes_first(
    client: Client, attachment: Attachment
) -> None:
    client.logout()

    for address in (
        attachment.href,
        f"{attachment.href}original/",
        f"{attachment.href}thumbnail/",
    ):
        response = client.get(address)

        assert response.status_code == 302
        assert response.headers["Location"] == f"/accounts/login/?next={address}"


def test_an_unknown_id_does_not_exist(client: Client, alice: User) -> None:
    client.force_login(alice)

    for unknown in (uuid4(), UUID(int=0)):
        assert client.get(f"/attachments/{unknown}/").status_code == 404
    assert client.get("/attachments/../manage.py").status_code == 404


def test_files_only_answer_to_reading(client: Client, attachment: Attachment) -> None:
    assert client.post(attachment.href).status_code == 405
    assert client.delete(f"{attachment.href}thumbnail/").status_code == 405


def test_a_row_without_its_file_is_404(client: Client, attachment: Attachment) -> None:
    default_storage.delete(attachment.file.name or "")

    assert client.get(attachment.href).status_code == 404


def test_a_reader_who_leaves_closes_the_file(
    client: Client, attachment: Attachment
) -> None:
    response: Any = client.get(attachment.href)

    async def read_a_little() -> None:
        stream = aiter(response)
        await anext(stream)
        await stream.aclose()

    # An open file would be a ResourceWarning, and that an error.
    async_to_sync(read_a_little)()
