"""Names of uploaded files, made fit for showing; nothing else is done with them."""

import re
import unicodedata

from conversations.attachments.limits import MAX_NAME_CHARACTERS

UNNAMED = "unnamed"
# Controls, halves of characters, private use, line and paragraph separators.
INVISIBLE = {"Cc", "Cs", "Co", "Zl", "Zp"}
# They turn the reading direction: "gpj.exe" behind one reads "exe.jpg".
BIDI_CONTROLS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e") | set(
    "\u2066\u2067\u2068\u2069\ufeff"
)
MAX_SUFFIX_CHARACTERS = 20  # longer ones are no suffix but part of the name


def display_name(name: str | None) -> str:
    """Return the last part of an uploaded name without what could mislead a reader."""
    last = re.split(r"[/\\]", name or "")[-1]
    visible = "".join(sign for sign in last if not _is_hidden(sign))
    cleaned = " ".join(unicodedata.normalize("NFC", visible).split()).rstrip(". ")
    return _shorten(cleaned) or UNNAMED


def _is_hidden(sign: str) -> bool:
    return sign in BIDI_CONTROLS or unicodedata.category(sign) in INVISIBLE


def _shorten(name: str) -> str:
    if len(name) <= MAX_NAME_CHARACTERS:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > MAX_SUFFIX_CHARACTERS:
        return name[: MAX_NAME_CHARACTERS - 1] + "…"
    return stem[: MAX_NAME_CHARACTERS - len(suffix) - 2] + "…" + dot + suffix
