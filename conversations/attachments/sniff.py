"""What a file is, from its first bytes; its name and its declared type say nothing."""

import re
from typing import Literal

from conversations.attachments.errors import UploadRefused

type Format = Literal["png", "jpeg", "gif", "webp", "pdf", "office", "html", "text"]

# A whole page, not a piece of markup: that is a text like any other.
HTML_PAGE = re.compile(rb"<(!doctype\s+html|html)[\s>]", re.IGNORECASE)
# What may stand before it; each is skipped once, so that no page takes long.
HTML_PROLOGUE = re.compile(rb"\xef\xbb\xbf|\s+|<\?[^>]*>|<!--.*?-->", re.DOTALL)
HTML_PROLOGUE_BYTES = 4096  # ours: room for a long comment before the page begins

# Named only so that a refusal can say what came: (offset, signature, words).
FOREIGN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Office document"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\x00", "a TIFF picture"),
    (0, b"MM\x00*", "a TIFF picture"),
    (0, b"8BPS", "a Photoshop picture"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (4, b"ftypavi", "an AVIF picture"),
    (4, b"ftyphe", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIF picture"),
    (4, b"ftyp", "a video or a sound"),
    (0, b"RIFF", "a video or a sound"),
    (0, b"ID3", "a sound"),
    (0, b"OggS", "a video or a sound"),
    (0, b"fLaC", "a sound"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"SQLite format 3\x00", "a database"),
)


def sniff(content: bytes) -> Format:
    """Return the format of `content`; "text" is whatever no allowed format claims.

    "office" is any ZIP archive: only its parts tell which.

    Only reading tells whether it really is one. Raises UploadRefused when empty.
    """
    if not content:
        raise UploadRefused(
            "empty_file", "This file is empty (0 bytes). Attach one with content."
        )
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "webp"
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return "office"
    if _is_html(content[:HTML_PROLOGUE_BYTES]):
        return "html"
    return "text"


def _is_html(beginning: bytes) -> bool:
    place = 0
    while skipped := HTML_PROLOGUE.match(beginning, place):
        place = skipped.end()
    return HTML_PAGE.match(beginning, place) is not None


def name_foreign(content: bytes) -> str | None:
    """Return what a file is that is neither allowed nor text, if it is well known."""
    for offset, signature, words in FOREIGN:
        if content.startswith(signature, offset):
            return words
    return None
