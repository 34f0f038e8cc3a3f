"""One list of blocks from an answer that was cut off and the rest of it.

static/js/continued.js joins the parts of a running answer by the same rules, and
tests/golden/continued.json holds examples for both.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import takewhile
from string import digits

from conversations.claude import Block

_THOUGHTS = ("thinking", "redacted_thinking")
_SPACE = " \t\r\n"
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)")
_INFO = re.compile(r"[A-Za-z0-9+#._-]*\n")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|[0-9]{1,9}[.)])[ \t]")
_ROW = re.compile(r"\|[^\n]*\|")
# What has its meaning only at the beginning of a line: heading, fence, quote, rule,
# formula.
_BEGINS_LINE = re.compile(
    r"#{1,6} |`{3}|~{3}|> |\$\$|\\\[|(?:-{3,}|_{3,}|\*{3,})[ \t]*(?:\n|\Z)"
)
# What loses its meaning when anything follows it on its line.
_STANDS_ALONE = re.compile(r"[ \t]*(?:`{3,}|~{3,}|[-=_*][-=_* \t]*|\$\$|\\\])[ \t]*")


def join_parts(parts: Iterable[Sequence[Block]]) -> list[Block]:
    """Return the blocks of an answer whose parts were asked for one after another.

    A text that was cut off goes on in the same run of text. What Claude thought
    before it went on stands before that run, which must not be parted by it.
    """
    joined: list[Block] = []
    for blocks in parts:
        joined = _continued(joined, list(blocks))
    return joined


def _continued(before: list[Block], rest: list[Block]) -> list[Block]:
    thoughts = list(takewhile(lambda block: block.get("type") in _THOUGHTS, rest))
    words = rest[len(thoughts) :]
    if not (before and words and _is_text(before[-1]) and _is_text(words[0])):
        return before + rest
    begun = list(takewhile(_is_text, reversed(before)))[::-1]
    space = seam(_text(begun), _text(takewhile(_is_text, words)))
    first = {**words[0], "text": space + _text(words[:1])}
    return [*before[: -len(begun)], *thoughts, *begun, first, *words[1:]]


def seam(before: str, after: str) -> str:
    """Return what must stand between the two parts of a text that was cut off.

    Mostly nothing: a word may have been cut in two. But Claude seldom begins with
    the line break that a heading or a list item needs before it.
    """
    if not before or not after or before[-1] in _SPACE or after[0] in _SPACE:
        return ""
    line = before.rpartition("\n")[2]
    if fence := _open_fence(before):
        return _seam_in_code(line, after, fence)
    if _STANDS_ALONE.fullmatch(line) or _BEGINS_LINE.match(after):
        return "\n\n"
    if _ROW.match(after):
        return _seam_of_rows(line)
    if _ITEM.match(after) and not (line[-1] in digits and after[0] in digits):
        return "\n" if _ITEM.match(line) else "\n\n"
    return " " if _is_next_sentence(line, after) else ""


def _seam_in_code(line: str, after: str, fence: str) -> str:
    opening = _FENCE.fullmatch(line)
    if opening and opening[1].startswith(fence):
        # The language of the code may be what was cut off.
        is_language = not opening[2].strip(_SPACE) and _INFO.match(after)
        return "" if is_language else "\n"
    return "\n" if after.startswith(fence[:3]) else ""


def _seam_of_rows(line: str) -> str:
    if not line.startswith("|"):
        return "\n\n"
    return "\n" if _ROW.fullmatch(line) else ""


def _is_next_sentence(line: str, after: str) -> bool:
    return (
        line[-1] in ".!?…"
        and unicodedata.category(after[0]) == "Lu"
        and line.count("`") % 2 == 0
    )


def _open_fence(text: str) -> str:
    """Return the mark of the code block that a text ends in, "" outside of code."""
    mark = ""
    for line in text.split("\n"):
        if not (fence := _FENCE.fullmatch(line)):
            continue
        if not mark:
            mark = "" if "`" in fence[2] else fence[1]
        elif fence[1].startswith(mark) and not fence[2].strip(_SPACE):
            mark = ""
    return mark


def _is_text(block: Block) -> bool:
    return block.get("type") == "text"


def _text(blocks: Iterable[Block]) -> str:
    return "".join(str(block.get("text") or "") for block in blocks)
