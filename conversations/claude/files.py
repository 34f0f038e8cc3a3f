"""Files that code made on Claude's servers: what they are, and their content."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from .call import Call
from .client import ClaudeClient
from .lines import AnswerLines
from .types import Json

PATH = "/v1/files"


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


def _path(file_id: str) -> str:
    return f"{PATH}/{quote(file_id, safe='')}"
