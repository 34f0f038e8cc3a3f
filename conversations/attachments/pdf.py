"""PDF documents: counted and pictured; Claude gets the bytes as they came."""

import json
from collections.abc import Iterator

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from conversations.attachments.errors import UploadRefused, damaged
from conversations.attachments.image_encoding import thumbnail
from conversations.attachments.limits import MAX_PDF_PAGES, THUMBNAIL_SIDE_PIXELS
from conversations.attachments.parts import Part

NOT_ENCRYPTED = -1  # what pdfium answers in place of a security handler's revision


def read_pdf(content: bytes) -> Iterator[Part]:
    """Yield the facts of a PDF, then the thumbnail of its first page.

    In this order, because a page that cannot be drawn is no reason to refuse a
    document that can be read. Raises UploadRefused.
    """
    document = open_pdf(content)
    pages = _count_pages(document)
    facts = {"kind": "pdf", "media_type": "application/pdf", "pages": pages}
    yield "facts", json.dumps(facts).encode()
    yield "thumbnail", _draw_first_page(document)


def open_pdf(content: bytes) -> pypdfium2.PdfDocument:
    """Open a PDF that needs no password. Raises UploadRefused."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise _encrypted() from error
        raise damaged("This file begins like a PDF but cannot be read.") from error
    # Also without a password for opening: Claude reads no encrypted file.
    if pdfium.FPDF_GetSecurityHandlerRevision(document.raw) != NOT_ENCRYPTED:
        raise _encrypted()
    return document


def _encrypted() -> UploadRefused:
    return UploadRefused(
        "pdf_encrypted",
        "This PDF is encrypted or protected by a password, and only PDFs without "
        'protection can be read. Save a copy without it (for example with "Print to '
        'PDF") and attach that.',
    )


def _count_pages(document: pypdfium2.PdfDocument) -> int:
    pages = len(document)
    if pages > MAX_PDF_PAGES:
        raise UploadRefused(
            "pdf_too_long",
            f"This PDF has {pages:,} pages, but at most {MAX_PDF_PAGES} are allowed. "
            "Attach the pages that matter.",
        )
    if pages < 1:
        raise damaged("This PDF has no pages, but needs at least one.")
    for index in range(pages):
        try:
            document.get_page_size(index)
        except pypdfium2.PdfiumError as error:
            raise damaged(
                f"This PDF says that it has {pages} pages, but page {index + 1} "
                "cannot be read."
            ) from error
    return pages


def _draw_first_page(document: pypdfium2.PdfDocument) -> bytes:
    page = document[0]
    scale = THUMBNAIL_SIDE_PIXELS / max(page.get_size())
    return thumbnail(page.render(scale=scale).to_pil())
