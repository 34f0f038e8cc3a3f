import codecs
import os

import pytest

from conversations.attachments.limits import MAX_TEXT_CHARACTERS
from tests.attachments import samples
from tests.attachments.reading import read, refusal

WORDS = "Größe, naïve: 漢字 🙂\r\n"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (WORDS.encode(), WORDS),
        (codecs.BOM_UTF8 + WORDS.encode(), WORDS),
        (codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le"), WORDS),
        (codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"), WORDS),
        ("Name;Größe\r\nMüller;1,80 €\r\n".encode("cp1252"),
         "Name;Größe\r\nMüller;1,80 €\r\n"),
        (b'{"a": [1, 2]}', '{"a": [1, 2]}'),
        (b"\x1b[31mred\x1b[0m log\n", "\x1b[31mred\x1b[0m log\n"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
         "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        (b"MZ is also how a text may begin", "MZ is also how a text may begin"),
        (b"%PDF is not a signature yet", "%PDF is not a signature yet"),
    ],
    ids=["utf-8", "bom", "utf-16-le", "utf-16-be", "windows", "json", "escapes", "svg",
         "mz", "almost-pdf"],
)  # fmt: skip
def test_text_is_decoded_once(content: bytes, text: str) -> None:
    assert read(content) == {
        "sent": text.encode(),
        "facts": {
            "kind": "text",
            "media_type": "text/plain",
            "characters": len(text),
        },
    }


ALLOWED = (
    "Allowed are PNG, JPEG, GIF and WebP pictures, PDF documents, Word, Excel and "
    "PowerPoint files (docx, xlsx, pptx), web pages and text files."
)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(30), "This file is an old or encrypted Office document, which Claude cannot read."),
        (b"\x1f\x8b\x08" + bytes(30), "This file is a gzip archive, which Claude cannot read."),
        (b"\x7fELF" + bytes(30), "This file is a program, which Claude cannot read."),
        (bytes([0, 0, 0, 24]) + b"ftypheic" + bytes([0xFF] * 9), "This file is a HEIC picture, which Claude cannot read."),
        (b"\x01\x02\x03", "This file is neither a known picture, nor a PDF, nor text."),
        (b"words\x00words", "This file reads as text but holds NUL characters, which text does not."),
        ("a\x00b".encode("utf-16"), "This file reads as text but holds NUL characters, which text does not."),
        (b"\x01\x02\x03\xff\xfe", "This file is neither a known picture, nor a PDF, nor text."),
        ("Größe".encode()[:-2] + b"\xc3 and more", "This file looks like text, but byte 4 is not valid UTF-8. Save it as UTF-8."),
        ("привет мир".encode("cp1251"), "This file looks like text, but byte 0 is not valid UTF-8. Save it as UTF-8."),
        ("한국어".encode("euc-kr"), "This file looks like text, but byte 0 is not valid UTF-8. Save it as UTF-8."),
        (b"mostly plain words \x81", "This file is neither a known picture, nor a PDF, nor text."),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", "This file looks like text, but byte 2 is not valid UTF-16. Save it as UTF-8."),
    ],
)  # fmt: skip
def test_what_is_not_text_is_refused_by_name(content: bytes, what: str) -> None:
    assert refusal(content) == ("unsupported_type", f"{what} {ALLOWED}", 415)


def test_random_bytes_are_not_taken_for_text() -> None:
    for _ in range(20):
        assert refusal(b"\xfe" + os.urandom(500))[0] == "unsupported_type"


@pytest.mark.parametrize("content", [b" \n\t ", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_blank_text_is_refused(content: bytes) -> None:
    assert refusal(content) == (
        "empty_file",
        "This text file holds no text. Attach one with content.",
        422,
    )


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"") == (
        "empty_file",
        "This file is empty (0 bytes). Attach one with content.",
        422,
    )


def test_text_is_limited_by_characters() -> None:
    longest = "ä" * MAX_TEXT_CHARACTERS

    assert read(longest.encode())["facts"]["characters"] == MAX_TEXT_CHARACTERS
    assert refusal(longest.encode() + b"!") == (
        "text_too_long",
        "This text file has more than 4,000,000 characters, which is the most that "
        "fits. Attach the part that matters.",
        422,
    )


def test_a_picture_in_text_clothing_stays_a_picture() -> None:
    assert read(samples.picture("PNG"))["facts"]["kind"] == "image"
