"""The documents of a request as text that can be quoted by its place."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pypdfium2  # type: ignore[import-untyped, unused-ignore]

from conversations.simulator.wire import Json

# PDFium keeps global state: only one thread may be inside it.
PDFIUM = threading.Lock()


class UnreadablePdf(Exception):
    """The bytes are no PDF, or one that needs a password."""


@dataclass(frozen=True)
class Document:
    """One document or search result, cut into units: pages, blocks or one text.

    `index` counts as `document_index` does (search results for themselves).
    """

    path: str
    index: int
    kind: Literal["pdf", "text", "blocks", "search_result"]
    title: str | None
    units: tuple[str, ...]
    source: str = ""

    @property
    def name(self) -> str:
        """How the answer calls it."""
        return self.title or f"document {self.index + 1}"


@dataclass(frozen=True)
class Passage:
    """A quotable stretch of one unit of a document."""

    document: Document
    unit: int
    start: int
    end: int

    @property
    def text(self) -> str:
        """The exact text, as it stands in the document."""
        return self.document.units[self.unit][self.start : self.end]

    @property
    def prose(self) -> str:
        """The text with its line breaks undone."""
        return " ".join(self.text.split())

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        if self.document.kind == "pdf":
            return f"page {self.unit + 1}"
        if self.document.kind == "text":
            return f"characters {self.start}-{self.end}"
        return f"part {self.unit + 1}"

    def citation(self) -> Json:
        """Return the citation object of the API for this passage."""
        document = self.document
        if document.kind == "search_result":
            return {
                "type": "search_result_location",
                "cited_text": self.text,
                "search_result_index": document.index,
                "source": document.source,
                "title": document.title,
                "start_block_index": self.unit,
                "end_block_index": self.unit + 1,
            }
        return {
            "cited_text": self.text,
            "document_index": document.index,
            "document_title": document.title,
            **self._location(),
        }

    def _location(self) -> Json:
        if self.document.kind == "pdf":
            return {
                "type": "page_location",
                "start_page_number": self.unit + 1,
                "end_page_number": self.unit + 2,
            }
        if self.document.kind == "text":
            return {
                "type": "char_location",
                "start_char_index": self.start,
                "end_char_index": self.end,
            }
        return {
            "type": "content_block_location",
            "start_block_index": self.unit,
            "end_block_index": self.unit + 1,
        }


def read_pdf(content: bytes) -> Sequence[str]:
    """Return the text of every page. Raises UnreadablePdf."""
    with PDFIUM:
        try:
            pdf = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            raise UnreadablePdf(str(error)) from error
        try:
            return [_page_text(pdf, number) for number in range(len(pdf))]
        except pypdfium2.PdfiumError as error:
            raise UnreadablePdf(str(error)) from error
        finally:
            pdf.close()


def _page_text(pdf: pypdfium2.PdfDocument, number: int) -> str:
    page = pdf[number]
    text_page = page.get_textpage()
    try:
        text: str = text_page.get_text_bounded()
    finally:
        text_page.close()
        page.close()
    return text.replace("\r\n", "\n")
