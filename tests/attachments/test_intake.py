import asyncio
import hashlib

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import model_to_dict
from PIL import Image

from chatapp.accounts.models import User
from conversations.attachments.errors import UploadRefused
from conversations.attachments.intake import take_in
from conversations.attachments.limits import MAX_UPLOAD_BYTES
from conversations.models import Attachment
from tests.attachments import samples
from tests.attachments.conftest import ListFiles, Upload, stored_bytes
from tests.attachments.conversions import packages


def test_a_picture_becomes_an_attachment(upload: Upload, alice: User) -> None:
    content = samples.picture("PNG")

    attachment = upload(content, "red and blue.png")

    sha256 = hashlib.sha256(content).hexdigest()
    folder = f"attachments/{alice.pk}/{sha256[:2]}/{sha256}"
    assert model_to_dict(attachment) == {
        "owner": alice.pk,
        "kind": "image",
        "name": "red and blue.png",
        "source_url": "",
        "sha256": sha256,
        "size_bytes": len(content),
        "file": f"{folder}.png",
        "converted_from": "",
        "original": "",
        "media_type": "image/png",
        "sent_size_bytes": attachment.file.size,
        "thumbnail": f"{folder}.thumbnail",
        "width": 40,
        "height": 30,
        "pages": None,
        "characters": None,
    }
    with Image.open(attachment.thumbnail.path) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (40, 30))


def test_a_pdf_is_kept_as_it_came(upload: Upload) -> None:
    content = samples.pdf(3)

    attachment = upload(content, "three pages.pdf")

    assert stored_bytes(attachment.file) == content
    assert (attachment.kind, attachment.media_type) == ("pdf", "application/pdf")
    assert (attachment.pages, attachment.width, attachment.characters) == (
        3,
        None,
        None,
    )
    assert attachment.sent_size_bytes == attachment.size_bytes == len(content)
    with Image.open(attachment.thumbnail.path) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (371, 480))


def test_text_is_kept_as_utf_8(upload: Upload) -> None:
    attachment = upload("Wörter\r\n".encode("utf-16"), "words.txt")

    assert stored_bytes(attachment.file) == "Wörter\r\n".encode()
    assert (attachment.kind, attachment.media_type) == ("text", "text/plain")
    assert attachment.characters == 8
    assert not attachment.thumbnail


def test_the_bytes_decide_and_not_the_name(upload: Upload) -> None:
    markup = b"<b>no page</b><script>alert(1)</script>"

    attachment = upload(markup, "holiday.png")

    assert (attachment.kind, attachment.media_type) == ("text", "text/plain")
    assert stored_bytes(attachment.file) == markup


def test_a_document_is_kept_beside_its_text(upload: Upload, alice: User) -> None:
    content = packages.docx("The harbour", "The crane is green.")

    attachment = upload(content, "harbour.pdf")

    text = b"# The harbour\n\nThe crane is green."
    folder = f"attachments/{alice.pk}/{attachment.sha256[:2]}/{attachment.sha256}"
    assert (attachment.kind, attachment.converted_from) == ("text", "docx")
    assert stored_bytes(attachment.file) == text
    assert stored_bytes(attachment.original) == content
    assert (attachment.file.name, attachment.original.name) == (
        f"{folder}.txt",
        f"{folder}.docx",
    )
    assert (attachment.size_bytes, attachment.sent_size_bytes) == (
        len(content),
        len(text),
    )


def test_another_name_shares_the_original(upload: Upload) -> None:
    page = b"<!doctype html><p>words"
    first = upload(page, "a.html")

    second = upload(page, "b.html")

    assert second != first
    assert (second.original.name, second.converted_from) == (
        first.original.name,
        "html",
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (packages.xlsx({"Sales": [["a", 1]]}), "xlsx"),
        (packages.pptx(), "pptx"),
        (b"<!doctype html><p>words", "html"),
    ],
    ids=["xlsx", "pptx", "html"],
)
def test_each_format_is_read_in_the_child(
    upload: Upload, content: bytes, found: str
) -> None:
    assert upload(content).converted_from == found


def test_a_laughing_document_is_refused_in_the_child(upload: Upload) -> None:
    parts = packages.word_parts() | {"word/document.xml": packages.LAUGHS}

    with pytest.raises(UploadRefused) as caught:
        upload(packages.package(parts), "laughs.docx")

    assert caught.value.type == "unsafe_file"


def test_nothing_of_the_name_reaches_a_path(upload: Upload, alice: User) -> None:
    attachment = upload(b"words", "../../etc/passwd\x00.html")

    assert attachment.name == "passwd.html"
    assert attachment.file.name == (
        f"attachments/{alice.pk}/{attachment.sha256[:2]}/{attachment.sha256}.txt"
    )


def test_the_same_file_twice_is_one_attachment(
    upload: Upload, list_files: ListFiles
) -> None:
    first = upload(samples.picture("PNG"), "a.png")
    files = list_files()

    second = upload(samples.picture("PNG"), "a.png")

    assert second == first
    assert Attachment.objects.count() == 1
    assert list_files() == files


def test_another_name_shares_the_stored_files(
    upload: Upload, list_files: ListFiles
) -> None:
    first = upload(samples.picture("PNG"), "a.png")
    files = list_files()

    second = upload(samples.picture("PNG"), "b.png")

    assert second != first
    assert model_to_dict(second) == model_to_dict(first) | {"name": "b.png"}
    assert upload(samples.picture("PNG"), "b.png") == second
    assert list_files() == files


def test_people_share_no_files(upload: Upload, alice: User, charlie: User) -> None:
    mine = upload(b"words", "a.txt", alice)

    theirs = upload(b"words", "a.txt", charlie)

    assert theirs.owner == charlie
    assert theirs.file.name != mine.file.name


def test_the_same_file_many_times_at_once_is_one_attachment(
    alice: User, list_files: ListFiles
) -> None:
    names = ["a.png", "a.png", "b.png", "a.png", "b.png"]

    async def upload_all() -> list[Attachment]:
        return await asyncio.gather(
            *(
                take_in(alice, SimpleUploadedFile(name, samples.picture("PNG")))
                for name in names
            )
        )

    attachments = async_to_sync(upload_all)()

    assert [attachment.name for attachment in attachments] == names
    assert len({attachment.pk for attachment in attachments}) == 2
    assert len(list_files()) == 2


def test_different_files_at_once_are_all_taken(
    alice: User, list_files: ListFiles
) -> None:
    async def upload_all() -> list[Attachment]:
        return await asyncio.gather(
            *(
                take_in(alice, SimpleUploadedFile("a.txt", b"words %d" % number))
                for number in range(5)
            )
        )

    attachments = async_to_sync(upload_all)()

    assert [stored_bytes(attachment.file) for attachment in attachments] == [
        b"words 0",
        b"words 1",
        b"words 2",
        b"words 3",
        b"words 4",
    ]


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (b"", "empty_file"),
        (bytes(MAX_UPLOAD_BYTES + 1), "file_too_large"),
        (b"PK\x03\x04" + bytes(100), "damaged_file"),
        (b"Rar!\x1a\x07" + bytes(100), "unsupported_type"),
        (samples.picture("PNG")[:80], "damaged_file"),
        (samples.png_with_header(8001, 10), "image_too_large"),
        (samples.encrypted_pdf(b"secret"), "pdf_encrypted"),
        # Here and not with the others: pdfium remembers the error of an earlier file,
        # and only the child process has no earlier one.
        (samples.pdf(0), "damaged_file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refused_upload_leaves_nothing_behind(
    upload: Upload, list_files: ListFiles, content: bytes, type_: str
) -> None:
    with pytest.raises(UploadRefused) as caught:
        upload(content)

    assert caught.value.type == type_
    assert list_files() == []
    assert Attachment.objects.count() == 0


def test_a_file_of_the_largest_size_is_taken(upload: Upload) -> None:
    content = samples.pdf().ljust(MAX_UPLOAD_BYTES, b"\n")

    assert upload(content).size_bytes == MAX_UPLOAD_BYTES


def test_the_size_is_counted_and_not_believed(
    alice: User, list_files: ListFiles
) -> None:
    liar = SimpleUploadedFile("a.txt", bytes(MAX_UPLOAD_BYTES + 1))
    liar.size = 5

    with pytest.raises(UploadRefused, match=r"has 32\.0 MB, but at most 32 MB"):
        async_to_sync(take_in)(alice, liar)

    assert list_files() == []


def test_server_and_intake_agree_on_the_limit() -> None:
    assert settings.MAX_UPLOAD_BYTES == MAX_UPLOAD_BYTES
