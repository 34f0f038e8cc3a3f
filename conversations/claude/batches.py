"""Message batches: many requests at once, for half the price, answered within a day."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from typing import IO
from urllib.parse import quote

from .call import Call, LongBody
from .client import ClaudeClient
from .errors import MalformedAnswer
from .types import Json

PATH = "/v1/messages/batches"
MAX_REQUESTS = 100_000  # API limit
MAX_BODY_BYTES = 256 * 1024 * 1024  # API limit
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)  # API rule, the whole of it
BATCHES_PER_PAGE = 100  # ours; the API takes up to 1000
PIECE_BYTES = 256 * 1024


def write_body(file: IO[bytes], requests: Iterable[tuple[str, Json]]) -> int:
    """Write the body of `create_batch` from pairs of custom_id and params.

    Returns its size in bytes. Reads and writes: not for the event loop.
    """
    size_bytes = file.write(b'{"requests":[')
    separator = b""
    for custom_id, params in requests:
        item = {"custom_id": custom_id, "params": params}
        size_bytes += file.write(separator)
        # ASCII, because a lone surrogate in a text has no UTF-8.
        size_bytes += file.write(json.dumps(item, separators=(",", ":")).encode())
        separator = b","
    return size_bytes + file.write(b"]}")


async def create_batch(
    client: ClaudeClient,
    file: IO[bytes],
    size_bytes: int,
    betas: tuple[str, ...] = (),
) -> Json:
    """Send the body in `file` and return the new batch.

    `betas` are the beta features that its requests need, all of them together.
    It is sent once and never repeated: where an error does not say that the API has
    refused it, a batch may have been made all the same, and `list_batches` tells.
    """
    body = LongBody(size_bytes, lambda: _pieces(file))
    call = Call("POST", PATH, body, betas=betas, is_repeatable=False)
    return await client.read_json(call, "id", str, client.retries(limit=0))


async def get_batch(client: ClaudeClient, batch_id: str) -> Json:
    """Return a batch as it is now."""
    return await client.read_json(Call("GET", _path(batch_id)), "id", str)


async def list_batches(client: ClaudeClient) -> AsyncGenerator[Json]:
    """Yield the batches of the key's workspace, the newest first."""
    query: dict[str, str | int] = {"limit": BATCHES_PER_PAGE}
    while True:
        page = await client.read_json(Call("GET", PATH, query=query), "data", list)
        for batch in page["data"]:
            yield batch
        if not page.get("has_more"):
            return
        if page.get("last_id") in (None, query.get("after_id")):
            raise MalformedAnswer("A page of batches leads nowhere", status=200)
        query["after_id"] = page["last_id"]


async def cancel_batch(client: ClaudeClient, batch_id: str) -> Json:
    """Have no more requests begun, and return the batch."""
    call = Call("POST", f"{_path(batch_id)}/cancel")
    return await client.read_json(call, "id", str)


async def delete_batch(client: ClaudeClient, batch_id: str) -> None:
    """Delete a batch that has ended, its results with it."""
    await client.read_json(Call("DELETE", _path(batch_id)), "id", str)


async def read_results(client: ClaudeClient, batch_id: str) -> AsyncGenerator[Json]:
    """Yield `{"custom_id", "result"}` of each request, in any order.

    The address is our own, not the `results_url` that the answer names: a key goes
    nowhere but to the provider.
    """
    lines = await client.lines(Call("GET", f"{_path(batch_id)}/results"))
    try:
        async with aclosing(aiter(lines)) as each:
            async for line in each:
                yield _result(line, lines.request_id)
    finally:
        await lines.aclose()


def _result(line: bytes, request_id: str | None) -> Json:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if (
        isinstance(found, dict)
        and isinstance(found.get("custom_id"), str)
        and isinstance(found.get("result"), dict)
    ):
        return found
    raise MalformedAnswer(
        "A line of the results is no result", status=200, request_id=request_id
    )


def _path(batch_id: str) -> str:
    return f"{PATH}/{quote(batch_id, safe='')}"


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    await asyncio.to_thread(file.seek, 0)
    while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
        yield piece
