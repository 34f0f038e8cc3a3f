"""The Files API: what is uploaded once and then named, and what code has made.

A file belongs to the whole workspace of the key: its id is never taken from outside.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import IO
from urllib.parse import quote

from .call import Call, LongBody
from .client import ClaudeClient
from .errors import NotFound
from .lines import AnswerLines
from .types import Json

PATH = "/v1/files"
MAX_FILE_BYTES = 500 * 1024 * 1024  # API limit
LONGEST_LIFE_SECONDS = 7_776_000  # API limit: 90 days
MAX_NAME_CHARACTERS = 255  # API limit
FORBIDDEN_IN_NAMES = re.compile(r'[<>:"|?*\\/\x00-\x1f\x7f]')  # API rule, and controls
PIECE_BYTES = 256 * 1024


async def upload_file(
    client: ClaudeClient,
    file: IO[bytes],
    size_bytes: int,
    *,
    name: str,
    media_type: str,
    expires_in_seconds: int = LONGEST_LIFE_SECONDS,
) -> Json:
    """Send a real file, piece by piece, and return its metadata: `id`, `expires_at`.

    An upload whose answer got lost is sent again; the first one expires by itself.
    """
    boundary = secrets.token_hex(16)
    fields = {"expires_in_seconds": str(expires_in_seconds)}
    head = _head(boundary, fields, file_name(name), media_type)
    end = f"\r\n--{boundary}--\r\n".encode()
    body = LongBody(
        len(head) + size_bytes + len(end),
        lambda: _pieces(head, file, end),
        f"multipart/form-data; boundary={boundary}",
    )
    return await client.read_json(Call("POST", PATH, body), "id", str)


async def get_file(client: ClaudeClient, file_id: str) -> Json:
    """Return what the API knows of a file: `filename`, `mime_type`, `size_bytes`."""
    return await client.read_json(Call("GET", _path(file_id)), "id", str)


async def open_content(client: ClaudeClient, file_id: str) -> AnswerLines:
    """Return the content of a file, unread; `read_content` reads and closes it.

    Raises NotFound for a file that is gone, InvalidRequest for one that nobody may
    download: only what code made may leave the servers again.
    """
    return await client.lines(Call("GET", f"{_path(file_id)}/content"))


async def read_content(content: AnswerLines) -> AsyncGenerator[bytes]:
    """Yield an opened content piece by piece, and close it in any case."""
    try:
        async with aclosing(content.chunks()) as chunks:
            async for chunk in chunks:
                yield chunk
    finally:
        await content.aclose()


async def delete_file(client: ClaudeClient, file_id: str) -> None:
    """Delete a file; one that is gone already is as good."""
    try:
        await client.read_json(Call("DELETE", _path(file_id)), "id", str)
    except NotFound:
        return


def file_name(name: str) -> str:
    """Return a name as the API takes it."""
    return FORBIDDEN_IN_NAMES.sub("_", name)[:MAX_NAME_CHARACTERS] or "_"


def _head(boundary: str, fields: dict[str, str], name: str, media_type: str) -> bytes:
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'
        for key, text in fields.items()
    ]
    file = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="file"; '
        f'filename="{name}"\r\ncontent-type: {media_type}\r\n\r\n'
    )
    return "".join([*parts, file]).encode(errors="replace")


async def _pieces(head: bytes, file: IO[bytes], end: bytes) -> AsyncIterator[bytes]:
    yield head
    await asyncio.to_thread(file.seek, 0)
    while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
        yield piece
    yield end


def _path(file_id: str) -> str:
    return f"{PATH}/{quote(file_id, safe='')}"
