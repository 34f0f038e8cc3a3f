"""Office files, good and hostile, made by code."""

import zipfile
from io import BytesIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]
from pptx import Presentation

RELATIONSHIPS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/'
    '2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)
NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DOCUMENT = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
)


def package(parts: dict[str, bytes | str], **options: Any) -> bytes:
    """Return a ZIP archive."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def content_types(main: str = DOCUMENT) -> str:
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
    )


def word_parts(body: str = "") -> dict[str, bytes | str]:
    return {
        "[Content_Types].xml": content_types(),
        "_rels/.rels": RELATIONSHIPS,
        "word/document.xml": (
            f'<?xml version="1.0"?><w:document xmlns:w="{NAMESPACE}"><w:body>'
            f"{body or paragraph('Hello')}</w:body></w:document>"
        ),
    }


def paragraph(text: str, style: str = "") -> str:
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}<w:r><w:t>{text}</w:t></w:r></w:p>"


def docx(*paragraphs: str) -> bytes:
    """Return a Word document; the first paragraph is a heading."""
    first, *rest = paragraphs or ("The harbour",)
    body = paragraph(first, "Heading1") + "".join(map(paragraph, rest))
    return package(word_parts(body))


def xlsx(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def pptx() -> bytes:
    """Return a presentation with a title, a list, a table, a group and notes."""
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Tides"
    slide.placeholders[1].text = "High at noon\nLow at six"
    table = slide.shapes.add_table(2, 2, 0, 0, 100, 100).table
    table.cell(0, 0).text = "Day"
    table.cell(0, 1).text = "Range"
    table.cell(1, 0).text = "Monday"
    table.cell(1, 1).text = "4.1\nmetres"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 10, 10).text_frame.text = "In a group"
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    presentation.slides.add_slide(presentation.slide_layouts[6])
    stream = BytesIO()
    presentation.save(stream)
    return stream.getvalue()


def bomb() -> bytes:
    """Return a small package that unpacks to 120 MB."""
    return package(word_parts() | {"word/media/zero.bin": bytes(120 * 1024 * 1024)})


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + f']><w:document xmlns:w="{NAMESPACE}"><w:body><w:p><w:r><w:t>&i;</w:t></w:r></w:p>'
    "</w:body></w:document>"
)
STOLEN = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    f'<w:document xmlns:w="{NAMESPACE}"><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p>'
    "</w:body></w:document>"
)
