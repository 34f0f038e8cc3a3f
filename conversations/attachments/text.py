"""Text files: decoded once, kept as UTF-8."""

import codecs
import json
import re
from collections.abc import Iterator

from conversations.attachments.errors import UploadRefused, unsupported
from conversations.attachments.limits import MAX_TEXT_CHARACTERS
from conversations.attachments.parts import Part
from conversations.attachments.sniff import name_foreign

# One letter outside ASCII, as UTF-8 writes it. Where it occurs the text is UTF-8 with
# a broken place, and reading it as Windows-1252 would turn every accent into two signs.
UTF_8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
# Control characters, which binary files nearly always have, and what Windows-1252
# leaves undefined.
NOT_WESTERN = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")
CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
# Ours: a log has a stray control character; a binary file has them everywhere.
MAX_CONTROL_SHARE = 0.1
# Ours: more than this and it is another alphabet, which Windows-1252 would garble.
MAX_WESTERN_SHARE = 0.2


def read_text(content: bytes) -> Iterator[Part]:
    """Yield the text as UTF-8 without a byte order mark, then its facts.

    Line ends stay as they are: citations count characters. Raises UploadRefused.
    """
    text = decode(content)
    if "\x00" in text:
        raise _with_nul(content)
    if len(CONTROL.findall(text)) > len(text) * MAX_CONTROL_SHARE:
        raise _binary()
    yield from text_parts(text, "This text file")


def text_parts(text: str, what: str, converted_from: str = "") -> Iterator[Part]:
    """Yield a text as it is sent, then its facts. Raises UploadRefused.

    `what` begins the sentences about it; `converted_from` is a format of
    models/attachment.py.
    """
    if not text.strip():
        raise UploadRefused(
            "empty_file", f"{what} holds no text. Attach one with content."
        )
    if len(text) > MAX_TEXT_CHARACTERS:
        raise UploadRefused(
            "text_too_long",
            f"{what} has more than {MAX_TEXT_CHARACTERS:,} characters, which is the "
            "most that fits. Attach the part that matters.",
        )
    yield "sent", text.encode(errors="replace")
    facts = {"kind": "text", "media_type": "text/plain", "characters": len(text)}
    if converted_from:
        facts["converted_from"] = converted_from
    yield "facts", json.dumps(facts).encode()


def decode(content: bytes) -> str:
    """Return the text of UTF-8, UTF-16 with a byte order mark, or Western Windows text.

    Windows-1252 is guessed, so only for what is mostly ASCII (a CSV from Excel): a
    wrong guess would show Claude other letters without anybody noticing.
    """
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if not is_utf_16 and _is_western(content):
            return content.decode("cp1252")
        raise _not_text(content, error, is_utf_16=is_utf_16) from error


def _is_western(content: bytes) -> bool:
    others = len(content) - len(content.translate(None, bytes(range(0x80, 0x100))))
    return (
        others <= len(content) * MAX_WESTERN_SHARE
        and not NOT_WESTERN.search(content)
        and not UTF_8_LETTER.search(content)
    )


def _not_text(
    content: bytes, error: UnicodeDecodeError, *, is_utf_16: bool
) -> UploadRefused:
    if words := name_foreign(content):
        return unsupported(f"This file is {words}, which Claude cannot read.")
    if not is_utf_16 and NOT_WESTERN.search(content):
        return _binary()
    encoding = "UTF-16" if is_utf_16 else "UTF-8"
    return unsupported(
        f"This file looks like text, but byte {error.start:,} is not valid {encoding}. "
        "Save it as UTF-8."
    )


def _binary() -> UploadRefused:
    return unsupported("This file is neither a known picture, nor a PDF, nor text.")


def _with_nul(content: bytes) -> UploadRefused:
    if words := name_foreign(content):
        return unsupported(f"This file is {words}, which Claude cannot read.")
    return unsupported(
        "This file reads as text but holds NUL characters, which text does not."
    )
