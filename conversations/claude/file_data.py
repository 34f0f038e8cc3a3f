"""Files inside of a request body: read from the disk only while they are sent."""

import asyncio
import base64
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol

from .call import LongBody
from .errors import FileChanged
from .types import Params

PIECE_BYTES = 3 * 256 * 1024  # whole groups of base64; 1 MiB of text
CHANGED = "A file of the request was changed or removed meanwhile"


class ReadableFile(Protocol):
    """As much of a file as is needed here."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class FileData:
    """Stands among params for the base64 of a file. `open` returns the file anew.

    `key` tells the same file from others.
    """

    key: str
    size_bytes: int
    open: Callable[[], ReadableFile] = field(compare=False)

    def __len__(self) -> int:
        """The characters of its base64."""
        return (self.size_bytes + 2) // 3 * 4

    def pieces(self) -> Iterator[bytes]:
        """Yield its base64. Raises FileChanged: what was announced must be sent."""
        left = self.size_bytes
        try:
            with closing(self.open()) as file:
                while piece := file.read(PIECE_BYTES):
                    left -= len(piece)
                    if left < 0:
                        break
                    yield base64.b64encode(piece)
        except OSError:
            raise FileChanged(CHANGED) from None
        if left:
            raise FileChanged(CHANGED)


def compose(params: Params) -> str | LongBody:
    """Return a body as JSON: a text, or something to be sent in pieces if it has files."""
    files: list[FileData] = []
    # Nothing that a person writes can be taken for it.
    mark = secrets.token_hex(16)

    def stand_in(value: Any) -> str:
        if not isinstance(value, FileData):
            raise TypeError(f"{type(value).__name__} has no form in JSON")
        files.append(value)
        return f"{mark}{len(files) - 1}"

    # ASCII, because a lone surrogate in a text has no UTF-8.
    text = json.dumps(params, default=stand_in)
    if not files:
        return text
    parts = re.split(rf"{mark}(\d+)", text)
    size = sum(map(len, parts[::2])) + sum(len(files[int(n)]) for n in parts[1::2])
    return LongBody(size, lambda: _pieces(parts, files))


async def _pieces(parts: list[str], files: list[FileData]) -> AsyncIterator[bytes]:
    for index, part in enumerate(parts):
        if index % 2 == 0:
            yield part.encode("ascii")
            continue
        pieces = files[int(part)].pieces()
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece
