"""Files in a request body: whole on the wire, never whole in memory."""

import base64
import io
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conversations.claude import ClaudeClient, Provider
from conversations.claude.call import LongBody
from conversations.claude.errors import FileChanged
from conversations.claude.file_data import PIECE_BYTES, FileData, ReadableFile, compose

MEGABYTE = 1024 * 1024


def file_of(content: bytes, key: str = "a") -> FileData:
    return FileData(key, len(content), lambda: io.BytesIO(content))


async def sent(body: str | LongBody) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return b"".join([piece async for piece in body.chunks()])


@pytest.mark.parametrize(
    "size", [0, 1, 2, 3, 4, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1]
)
async def test_a_file_is_sent_as_its_base64(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    params = {"a": "é\ud83d", "data": file_of(content), "b": [1, {"data": "x"}]}

    body = compose(params)

    assert isinstance(body, LongBody)
    whole = await sent(body)
    assert len(whole) == body.size_bytes
    encoded = base64.b64encode(content).decode()
    assert whole == json.dumps(params | {"data": encoded}).encode()
    # Sent again, as after a lost connection.
    assert await sent(body) == whole


async def test_several_files_stand_where_they_belong() -> None:
    body = compose({"files": [file_of(b"one"), "text", file_of(b"two"), file_of(b"")]})

    files = json.loads(await sent(body))["files"]

    assert [base64.b64decode(f) if f != "text" else f for f in files] == [
        b"one",
        "text",
        b"two",
        b"",
    ]


def test_without_files_a_body_is_its_json() -> None:
    assert compose({"a": "ü", "b": None}) == '{"a": "\\u00fc", "b": null}'


def test_what_has_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no form in JSON"):
        compose({"a": {1}})


def gone() -> ReadableFile:
    raise FileNotFoundError


@pytest.mark.parametrize(
    "opens",
    [gone, lambda: io.BytesIO(b"short"), lambda: io.BytesIO(b"longer than before")],
    ids=["gone", "shorter", "longer"],
)
async def test_a_file_that_changed_ends_the_request(
    opens: Callable[[], ReadableFile],
) -> None:
    body = compose({"data": FileData("a", 9, opens)})

    with pytest.raises(FileChanged):
        await sent(body)


async def test_a_client_announces_and_sends_all_of_it() -> None:
    received: list[tuple[str, bytes]] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        received.append((request.headers["content-length"], await request.aread()))
        return httpx.Response(200, json={"input_tokens": 7})

    client = ClaudeClient(Provider(), transport=httpx.MockTransport(answer))
    message = {"role": "user", "content": [{"source": {"data": file_of(b"abc")}}]}

    count = await client.count_tokens({"model": "m", "messages": [message]})

    [(length, body)] = received
    assert (count, int(length)) == (7, len(body))
    assert json.loads(body)["messages"][0]["content"] == [{"source": {"data": "YWJj"}}]


class Endless:
    """A large file that is nowhere."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)

    def close(self) -> None:
        return


async def test_no_file_is_ever_whole_in_memory() -> None:
    size = 64 * MEGABYTE
    opens: Any = lambda: Endless(size)  # noqa: E731
    tracemalloc.start()
    try:
        body = compose({"data": FileData("a", size, opens)})
        assert isinstance(body, LongBody)
        length = 0
        async for piece in body.chunks():
            length += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert length == body.size_bytes > size
    assert peak < 8 * MEGABYTE
