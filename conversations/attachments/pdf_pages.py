"""The text of some pages of a PDF, as it stands in the file."""

import json
from collections.abc import Iterator

from conversations.attachments.parts import Part
from conversations.attachments.pdf import open_pdf

MAX_PAGE_CHARACTERS = 20_000  # ours: a page of small print has 8,000


def read_pages(content: bytes, first: int, last: int) -> Iterator[Part]:
    """Yield the texts of the pages from `first` to `last`, counted from 1.

    A scanned page has none. Raises UploadRefused.
    """
    document = open_pdf(content)
    texts = [
        document[number - 1].get_textpage().get_text_bounded()[:MAX_PAGE_CHARACTERS]
        for number in range(first, min(last, len(document)) + 1)
    ]
    yield "pages", json.dumps(texts).encode()
