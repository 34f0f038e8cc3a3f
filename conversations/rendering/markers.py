"""Citation markers: private-use characters that hold a chip's place in Markdown.

A marker is U+E000, a decimal source number, U+E001. Only `join_run` writes them;
both characters are removed from Claude's own text first.
"""

import re
from collections.abc import Iterable, Sequence

OPEN, CLOSE = "\ue000", "\ue001"
MARKER = re.compile(f"{OPEN}([0-9]{{1,4}}){CLOSE}")

_PRIVATE = re.compile(f"[{OPEN}{CLOSE}]")
_SHADOWED = re.compile(f"{MARKER.pattern}|[{OPEN}{CLOSE}]")
# Lines that lose their meaning when anything follows them on the line.
_STANDS_ALONE = re.compile(
    r"[ \t]*(?:`{3,}|~{3,}|[-=_*][-=_* \t]*|\$\$|\\\])[ \t]*", re.ASCII
)


def join_run(parts: Iterable[tuple[str, Sequence[int]]]) -> str:
    """Join adjacent text blocks into one Markdown source with markers.

    Each part is a block's text and the numbers of the sources it cites.
    """
    return "".join(
        _with_markers(_PRIVATE.sub("", text), numbers) for text, numbers in parts
    )


def _with_markers(text: str, numbers: Sequence[int]) -> str:
    if not numbers:
        return text
    markers = "".join(f"{OPEN}{number}{CLOSE}" for number in numbers)
    body = text.rstrip(" \t\n")
    space = text[len(body) :]
    last_line = body.rpartition("\n")[2]
    if _STANDS_ALONE.fullmatch(last_line):
        return f"{body}\n\n{markers}{space or '\n\n'}"
    if last_line.endswith("|") and not last_line.endswith("\\|"):
        return f"{body[:-1]}{markers}|{space}"  # inside the last cell of a table
    return f"{body}{markers}{space}"


def split_markers(text: str) -> tuple[str, list[int]]:
    """Return the text without markers, and the numbers that stood in it."""
    if OPEN not in text and CLOSE not in text:
        return text, []
    numbers = [int(number) for number in MARKER.findall(text)]
    return _PRIVATE.sub("", MARKER.sub("", text)), numbers


def pieces(text: str) -> Iterable[str | int]:
    """Yield text and source numbers in the order of the text."""
    for index, piece in enumerate(MARKER.split(text)):
        if index % 2:
            yield int(piece)
        elif piece:
            yield _PRIVATE.sub("", piece)


def shadow(text: str) -> str:
    """Return the text with every marker as spaces, at the same positions.

    Rules that look at neighbouring characters read the shadow, so that a marker
    ends a link or an emphasis as a space would.
    """
    if OPEN not in text and CLOSE not in text:
        return text
    return _SHADOWED.sub(lambda match: " " * len(match.group()), text)
