"""Small HTTP requests of the driver, on its own loop."""

import asyncio
import json
from typing import Any


async def get_json(port: int, path: str) -> Any:
    """Return the JSON that a server on this machine answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(content_length(head))
    writer.close()
    return json.loads(body)


def content_length(head: bytes) -> int:
    """Return the size that the head of an answer announces."""
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    raise ValueError(f"No length is announced: {head!r}")
