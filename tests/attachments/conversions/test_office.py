import datetime
import importlib
import json
import sys
import zipfile
from io import BytesIO
from typing import Any

import pytest

from conversations.attachments import child
from conversations.attachments.limits import MAX_TEXT_CHARACTERS
from conversations.attachments.text import text_parts
from tests.attachments.conversions import packages
from tests.attachments.reading import read, refusal


def text_of(content: bytes) -> str:
    sent: bytes = read(content)["sent"]
    return sent.decode()


def test_word_becomes_markdown() -> None:
    body = (
        packages.paragraph("The harbour", "Heading1")
        + "<w:p><w:r><w:t>The crane is </w:t></w:r><w:r><w:rPr><w:b/></w:rPr>"
        "<w:t>green</w:t></w:r><w:r><w:t>, not 2*3*4 red_ish.</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc>"
        + packages.paragraph("Day")
        + "</w:tc><w:tc>"
        + packages.paragraph("Range")
        + "</w:tc></w:tr><w:tr><w:tc>"
        + packages.paragraph("Monday")
        + "</w:tc><w:tc>"
        + packages.paragraph("4.1 m")
        + "</w:tc></w:tr></w:tbl>"
    )

    parts = read(packages.package(packages.word_parts(body)))

    text = (
        "# The harbour\n\nThe crane is **green**, not 2*3*4 red_ish.\n\n"
        "| Day | Range |\n| --- | --- |\n| Monday | 4.1 m |"
    )
    assert parts["sent"].decode() == text.replace("| Day | Range |\n| --- | --- |",
        "|  |  |\n| --- | --- |\n| Day | Range |")  # fmt: skip
    assert parts["facts"] == {
        "kind": "text",
        "media_type": "text/plain",
        "characters": len(parts["sent"]),
        "converted_from": "docx",
    }


def test_word_is_not_led_to_other_files(tmp_path: Any) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    namespace = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    drawing = (
        '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/'
        'drawingml/2006/wordprocessingDrawing"><a:graphic xmlns:a="http://schemas.'
        'openxmlformats.org/drawingml/2006/main"><a:graphicData><pic:pic xmlns:pic='
        '"http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill>'
        f'<a:blip xmlns:r="{namespace}" r:link="rId9"/></pic:blipFill></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
    parts = packages.word_parts(packages.paragraph("Words") + drawing)
    parts["word/_rels/document.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="rId9" Type="{namespace}/image" '
        f'Target="{secret.as_uri()}" TargetMode="External"/></Relationships>'
    )

    assert text_of(packages.package(parts)) == "Words"


def test_excel_becomes_csv() -> None:
    content = packages.xlsx(
        {
            "Sales": [
                ["Day", "Sold, all", None],
                [datetime.date(2026, 3, 1), 2.5, True],
                [],
                [
                    None,
                    "two\nlines",
                    datetime.datetime.fromisoformat("2026-03-01T08:30"),
                ],
            ],
            "Nothing": [],
        }
    )

    assert text_of(content) == (
        "# Sheet: Sales\n\n"
        'Day,"Sold, all"\n'
        "2026-03-01,2.5,TRUE\n"
        ',"two\nlines",2026-03-01 08:30:00\n'
        "\n# Sheet: Nothing\n\n\n"
    )


def test_an_excel_sheet_that_claims_to_be_huge_is_read_quickly() -> None:
    content = packages.xlsx({"Far": [["near"]]})
    parts = unpacked(content)
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(
        'ref="A1"', 'ref="A1:XFD1048576"'
    ).encode()

    assert "near" in text_of(packages.package({**parts}))


def test_powerpoint_becomes_slides() -> None:
    assert text_of(packages.pptx()) == (
        "# Slide 1\n\nTides\n\nHigh at noon\nLow at six\n\n"
        "| Day | Range |\n| Monday | 4.1 metres |\n\nIn a group\n\n"
        "Notes: Say it slowly.\n\n# Slide 2"
    )


def test_without_its_package_powerpoint_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = packages.pptx()
    monkeypatch.delitem(
        sys.modules, "conversations.attachments.conversions.pptx", raising=False
    )
    monkeypatch.setitem(sys.modules, "pptx", None)

    kind, message, status = refusal(content)

    assert (kind, status) == ("office_missing", 415)
    assert message == (
        "This server does not read PowerPoint presentations: the Python package pptx "
        "is not installed (the optional extra `office`). Save the file as PDF and "
        "attach that."
    )


def test_only_the_library_that_is_needed_is_loaded() -> None:
    for name in ("docx", "xlsx"):
        module = importlib.import_module(
            f"conversations.attachments.conversions.{name}"
        )
        assert not hasattr(module, "Presentation")


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"word/document.xml": packages.LAUGHS}, "declares XML entities"),
        ({"word/document.xml": packages.STOLEN}, "declares XML entities"),
        ({"word/document.xml": packages.LAUGHS.encode("utf-16")},
         "declares XML entities"),
        ({"word/other.bin": packages.LAUGHS}, "declares XML entities"),
        ({"docProps/core.xml": "<!DOCTYPE x><x/>"}, "declares XML entities"),
        ({"[Content_Types].xml": packages.content_types(
            "application/vnd.ms-word.document.macroEnabled.main+xml")},
         "holds macros, programs that run when it is opened,"),
        ({"[Content_Types].xml": packages.content_types() + "<!-- vbaProject -->"},
         "holds macros, programs that run when it is opened,"),
        ({f"a/{number}": b"" for number in range(10_000)}, "holds 10,003 parts"),
    ],
    ids=["laughs", "stolen", "utf-16", "unnamed", "doctype", "macros", "vba", "many"],
)  # fmt: skip
def test_unsafe_packages_are_not_opened(
    parts: dict[str, bytes | str], what: str
) -> None:
    content = packages.package(packages.word_parts() | parts)

    assert refusal(content) == (
        "unsafe_file",
        f"This Office file {what} and is not opened. Save it anew as docx, xlsx or "
        "pptx, or as PDF, and attach that.",
        422,
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compressions_are_refused(method: int) -> None:
    parts = packages.word_parts()
    content = packages.package(parts)
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)

    assert read(content)["facts"]["characters"] == 5
    assert refusal(stream.getvalue())[0] == "unsafe_file"


def test_an_encrypted_entry_is_refused() -> None:
    content = bytearray(packages.package(packages.word_parts()))
    central = content.rindex(b"PK\x01\x02")
    content[central + 8] |= 1

    assert refusal(bytes(content))[0] == "unsafe_file"


def test_a_bomb_is_told_from_its_directory() -> None:
    content = packages.bomb()

    assert len(content) < 200_000
    assert refusal(content) == (
        "file_too_complex",
        "This file unpacks to 120 MB, but at most 100 MB are read. Attach the part "
        "that matters.",
        422,
    )


def test_a_bomb_that_lies_about_its_size_is_not_unpacked() -> None:
    content = bytearray(packages.bomb())
    central = content.rindex(b"PK\x01\x02")
    for place in (central + 24,):
        content[place : place + 4] = (1000).to_bytes(4, "little")

    assert refusal(bytes(content))[0] == "damaged_file"


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04" + bytes(100),
        packages.docx("Words")[:-30],
        packages.docx("Words")[:200],
        packages.package(packages.word_parts() | {"word/document.xml": "<w:document"}),
        packages.package(packages.word_parts() | {"_rels/.rels": ""}),
    ],
)
def test_damaged_packages_are_refused(content: bytes) -> None:
    assert refusal(content)[0] == "damaged_file"


def test_other_archives_are_refused() -> None:
    kind, message, status = refusal(packages.package({"mimetype": "application/epub"}))

    assert (kind, status) == ("unsupported_type", 415)
    assert message.startswith(
        "This file is a ZIP archive of a kind that Claude cannot read. Allowed are "
    )


def test_a_document_without_words_is_refused() -> None:
    content = packages.package(packages.word_parts("<w:p/>"))

    assert refusal(content) == (
        "empty_file",
        "This Word document holds no text. Attach one with content.",
        422,
    )


def test_a_workbook_of_too_many_words_is_refused() -> None:
    long = "word " * 6000
    content = packages.xlsx({"Long": [[long]] * (MAX_TEXT_CHARACTERS // 30_000 + 1)})

    assert refusal(content)[0] == "text_too_long"


def test_half_a_character_is_replaced() -> None:
    parts = dict(text_parts("a\ud83d", "This file"))

    assert parts["sent"] == b"a?"


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_facts_come_after_the_text() -> None:
    names = [name for name, _ in child.read(packages.docx("Words"))]

    assert names == ["sent", "facts"]
    assert (
        json.loads(dict(child.read(packages.docx("Words")))["facts"])["kind"] == "text"
    )
