"""The text of an attachment page by page."""

import json
import shutil
import tempfile
from typing import IO

from django.conf import settings

from conversations.models import Attachment, Kind
from conversations.models.reading import read

from .limits import CHILD_WAIT_SECONDS
from .parser import COMMAND, given_up, run_child

PAGE_CHARACTERS = 3_000  # ours: of a text file, which has no pages of its own


def count_pages(attachment: Attachment) -> int:
    """Return how many pages there are to read; a picture has none."""
    if attachment.kind == Kind.TEXT:
        return max(1, -(-(attachment.characters or 0) // PAGE_CHARACTERS))
    return (attachment.pages or 0) if attachment.kind == Kind.PDF else 0


async def page_texts(attachment: Attachment, first: int, last: int) -> list[str]:
    """Return the texts of the pages from `first` to `last`, counted from 1.

    Raises UploadRefused for a file that cannot be read, FileNotFoundError for one that
    is gone.
    """
    if attachment.kind == Kind.TEXT:
        text = await read(_text_of, attachment)
        starts = range(
            (first - 1) * PAGE_CHARACTERS, last * PAGE_CHARACTERS, PAGE_CHARACTERS
        )
        return [text[start : start + PAGE_CHARACTERS] for start in starts]
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as source:
        await read(_copy, attachment, source)
        return await pages_of_pdf(source, first, last)


async def pages_of_pdf(source: IO[bytes], first: int, last: int) -> list[str]:
    """Return the texts of pages of a PDF in a real file. Raises UploadRefused."""
    command = (*COMMAND, "pages", str(first), str(last))
    parts, status = await run_child(source, command, CHILD_WAIT_SECONDS)
    if "pages" not in parts:
        raise given_up(status)
    texts: list[str] = json.loads(parts["pages"])
    return texts


def _text_of(attachment: Attachment) -> str:
    with attachment.file.open("rb") as file:
        return str(file.read().decode())


def _copy(attachment: Attachment, target: IO[bytes]) -> None:
    with attachment.file.open("rb") as file:
        shutil.copyfileobj(file, target)
    target.flush()
