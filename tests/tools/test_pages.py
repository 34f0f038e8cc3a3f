"""Claude looks up pages of the files of its conversation, and of no others."""

import uuid
from typing import Any

import pytest
from django.core.files.base import ContentFile

from chatapp.accounts.models import User
from conversations.attachments.pages import PAGE_CHARACTERS
from conversations.models import Attachment
from conversations.models.reading import read
from conversations.tools.base import Call, ToolContext
from conversations.tools.pages import ReadPages
from conversations.tools.running import run_call
from tests.prompts.conftest import Thread
from tests.simulator.building import make_pdf

PAGES = ("The tides\nThe mean range is 3.4 metres.", "", "The ships")


def attach(thread: Thread, name: str, kind: str, content: bytes, **fields: Any) -> None:
    attachment = Attachment(
        owner=thread.owner,
        kind=kind,
        name=name,
        sha256=uuid.uuid4().hex,
        size_bytes=len(content),
        sent_size_bytes=len(content),
        **fields,
    )
    attachment.file.save(name, ContentFile(content))
    thread.user("Look").attachments.add(attachment)


@pytest.fixture
async def thread(async_db: None, alice: User) -> Thread:
    def make() -> Thread:
        thread = Thread(alice)
        attach(thread, "report.pdf", "pdf", make_pdf(PAGES), pages=3)
        text = "a" * PAGE_CHARACTERS + "the end"
        attach(thread, "log.txt", "text", text.encode(), characters=len(text))
        attach(thread, "cat.png", "image", b"png")
        attach(Thread(alice), "elsewhere.txt", "text", b"secret", characters=6)
        return thread

    return await read(make)


async def look(thread: Thread, name: str, first: int, last: int | None = None) -> str:
    context = ToolContext(thread.owner.pk, thread.conversation.id, uuid.uuid4())
    given = {"file": name, "first_page": first}
    given |= {"last_page": last} if last else {}
    result = await run_call(ReadPages(), Call("t", "read_attachment", given), context)
    return str(result.content)


async def test_pages_of_a_pdf(thread: Thread) -> None:
    said = await look(thread, "report.pdf", 1, 9)

    first, second, third = said.split("\n\n")
    assert first.splitlines()[0] == "Page 1:"
    assert "The mean range is 3.4 metres." in first
    assert second == "Page 2:\n(no text)"
    assert third == "Page 3:\nThe ships"


async def test_pages_of_a_text_are_pieces_of_it(thread: Thread) -> None:
    assert await look(thread, "LOG", 2) == "Page 2:\nthe end"


@pytest.mark.parametrize(
    ("name", "first", "last", "reason"),
    [
        ("elsewhere.txt", 1, 1, "no file 'elsewhere.txt'. It has: cat.png, log.txt, r"),
        ("cat.png", 1, 1, "is a picture"),
        ("report.pdf", 4, 4, "has 3 pages only"),
        ("report.pdf", 2, 1, "1 to 20 pages"),
        ("report.pdf", 1, 21, "1 to 20 pages"),
    ],
)
async def test_what_cannot_be_read_is_said(
    thread: Thread, name: str, first: int, last: int, reason: str
) -> None:
    assert reason in await look(thread, name, first, last)


async def test_file_that_is_gone_is_said(thread: Thread) -> None:
    def lose() -> None:
        found = Attachment.objects.get(name="report.pdf")
        found.file.delete(save=False)

    await read(lose)

    assert "was deleted" in await look(thread, "report.pdf", 1)


async def test_broken_file_is_said(thread: Thread) -> None:
    def spoil() -> None:
        found = Attachment.objects.get(name="report.pdf")
        found.file.save("broken.pdf", ContentFile(b"%PDF-1.4 broken"))

    await read(spoil)

    assert "cannot be read" in await look(thread, "report.pdf", 1)
