"""Request bodies without what nobody reads: media, files and the ids of files."""

import zlib
from typing import Any

from conversations.claude.file_data import FileData

SAMPLE = 1000  # characters of media that tell it from other media of the same length

# Blocks that are words alone: there is nothing in them to cut.
_PLAIN = frozenset({"text", "thinking", "redacted_thinking"})
# Sources that hold a whole file; a block of words is a "text" too, but has no data.
_SOURCES = frozenset({"base64", "text"})


def cut(value: Any) -> Any:
    """Return JSON with every source of a file shortened to what it was.

    What is cut stays recognisable: the same file always gives the same stand-in, and
    another one another.
    """
    if isinstance(value, list):
        return [cut(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    if kind in _SOURCES and "data" in value:
        return {**value, "data": _stand_in(kind, value["data"])}
    if kind in _PLAIN:
        return value
    shortened = {key: cut(item) for key, item in value.items()}
    if "file_id" in value:
        shortened["file_id"] = "<the id of a file>"
    return shortened


def _stand_in(kind: str, data: Any) -> str:
    if isinstance(data, FileData):
        return f"<{len(data):,} characters of {kind}, {data.key[:8]}>"
    text = data if isinstance(data, str) else str(data)
    step = max(1, len(text) // SAMPLE)
    check = zlib.crc32(text[::step].encode("utf-8", "surrogatepass"))
    return f"<{len(text):,} characters of {kind}, {check:08x}>"
