"""Which bytes of a file a request asks for (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

SINGLE_RANGE = re.compile(
    r"\s*bytes\s*=\s*([0-9]{0,19})-([0-9]{0,19})\s*", re.IGNORECASE
)


@dataclass(frozen=True)
class ByteRange:
    """`length` bytes from `start` on."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """Return the Content-Range header of this part of `size` bytes."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


class RangeNotSatisfiable(Exception):
    """The range begins behind the end of the file."""


def parse_range(header: str, size: int) -> ByteRange | None:
    """Return the range that a Range header asks of `size` bytes.

    None means the whole file, which also answers what we do not understand or serve
    (other units, several ranges), as the RFC allows. Raises RangeNotSatisfiable.
    """
    match = SINGLE_RANGE.fullmatch(header)
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return _last(int(match[2]), size)
    start = int(match[1])
    end = int(match[2]) if match[2] else size - 1
    if match[2] and end < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable
    return ByteRange(start, min(end, size - 1) - start + 1)


def _last(count: int, size: int) -> ByteRange:
    if count == 0 or size == 0:
        raise RangeNotSatisfiable
    return ByteRange(max(0, size - count), min(count, size))
