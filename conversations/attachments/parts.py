"""What the child process tells its parent: named parts, one after the other.

    name SP size LF  bytes

A part that is not complete does not count, so a child that was killed still has said
what it had finished. Names: `sent` (the bytes for Claude, unless they are the upload's
own), `facts` (JSON), `thumbnail` (WebP), `refused` (JSON),
`pages` (a JSON list of texts).
"""

from typing import IO

type Part = tuple[str, bytes]


def write_part(stream: IO[bytes], part: Part) -> None:
    """Write one part at once, so that a later crash does not take it along."""
    name, body = part
    stream.write(b"%s %d\n" % (name.encode(), len(body)))
    stream.write(body)
    stream.flush()


def read_parts(stream: IO[bytes]) -> dict[str, bytes]:
    """Return the complete parts by name."""
    parts: dict[str, bytes] = {}
    while header := stream.readline(100):
        name, _, size = header.decode("ascii", "replace").rstrip("\n").partition(" ")
        if not size.isdecimal():
            break
        body = stream.read(int(size))
        if len(body) < int(size):
            break
        parts[name] = body
    return parts
