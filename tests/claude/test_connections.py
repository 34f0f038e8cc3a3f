"""Connections: a kept one that died is replaced once, and nothing more."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from conversations.claude import (
    ClaudeClient,
    ConnectionFailed,
    ConnectionTimedOut,
    Provider,
    Redirected,
)
from conversations.claude.batches import create_batch, write_body
from conversations.claude.connections import open_http
from conversations.claude.file_data import FileData

from .wire import HELLO, PARAMS, read, sse

type Reply = Callable[[int, int], bytes | None]


def _counted(input_tokens: int) -> bytes:
    body = b'{"input_tokens": %d}' % input_tokens
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(body), body)
    )


@asynccontextmanager
async def _server(reply: Reply) -> AsyncIterator[tuple[str, list[tuple[int, int]]]]:
    """Serve `reply(connection, request)`, both counted from 1; None closes instead."""
    seen: list[tuple[int, int]] = []
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        connection, request = connections, 0
        while head := await _read_request(reader):
            request += 1
            seen.append((connection, request))
            answer = reply(connection, request) if head else None
            if answer is None:
                break
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", seen


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        _, _, rest = head.lower().partition(b"content-length: ")
        await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return b""
    return head


async def _never(_delay_seconds: float) -> None:
    raise AssertionError("an immediate second try needs no wait")


@asynccontextmanager
async def _client(
    base_url: str, sleep: Callable[[float], Awaitable[object]] = _never
) -> AsyncIterator[ClaudeClient]:
    client = ClaudeClient(Provider(base_url=base_url), max_retries=0, sleep=sleep)
    try:
        yield client
    finally:
        await client.aclose()


async def test_a_kept_connection_that_died_is_replaced_at_once() -> None:
    def reply(connection: int, request: int) -> bytes | None:
        return None if (connection, request) == (1, 2) else _counted(connection)

    async with _server(reply) as (url, seen), _client(url) as client:
        assert await client.count_tokens(PARAMS) == 1
        assert await client.count_tokens(PARAMS) == 2

    assert seen == [(1, 1), (1, 2), (2, 1)]


async def test_files_go_out_again_on_the_replacement() -> None:
    def reply(connection: int, request: int) -> bytes | None:
        return None if (connection, request) == (1, 2) else _counted(connection)

    data = FileData("a", 3, lambda: io.BytesIO(b"abc"))
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    content = [{"type": "document", "source": source}]
    params = PARAMS | {"messages": [{"role": "user", "content": content}]}
    async with _server(reply) as (url, seen), _client(url) as client:
        assert await client.count_tokens(params) == 1
        assert await client.count_tokens(params) == 2

    assert seen == [(1, 1), (1, 2), (2, 1)]


async def test_what_must_not_go_out_twice_fails_on_a_connection_that_died() -> None:
    def reply(connection: int, request: int) -> bytes | None:
        return None if (connection, request) == (1, 2) else _counted(connection)

    file = io.BytesIO()
    size_bytes = write_body(file, [("a", PARAMS)])
    async with _server(reply) as (url, seen), _client(url) as client:
        await client.count_tokens(PARAMS)
        with pytest.raises(ConnectionFailed):
            await create_batch(client, file, size_bytes)

    assert seen == [(1, 1), (1, 2)]


async def test_a_new_connection_that_dies_is_a_failure() -> None:
    async with _server(lambda *_: None) as (url, seen), _client(url) as client:
        with pytest.raises(ConnectionFailed):
            await client.count_tokens(PARAMS)

    assert seen == [(1, 1)]


async def test_the_replacement_is_not_replaced_again() -> None:
    def reply(connection: int, request: int) -> bytes | None:
        return _counted(1) if (connection, request) == (1, 1) else None

    async with _server(reply) as (url, seen), _client(url) as client:
        await client.count_tokens(PARAMS)
        with pytest.raises(ConnectionFailed):
            await client.count_tokens(PARAMS)

    assert seen == [(1, 1), (1, 2), (2, 1)]


async def test_a_stream_read_to_its_end_leaves_its_connection_usable() -> None:
    body = sse(*HELLO)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    chunked = b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
    answer = head + chunked % (len(body), body)

    async with _server(lambda *_: answer) as (url, seen), _client(url) as client:
        assert [await read(client), await read(client)] == [HELLO, HELLO]

    assert seen == [(1, 1), (1, 2)]


async def test_nothing_comes_from_the_environment_and_nothing_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    moved = b"HTTP/1.1 307 Moved\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"

    async with _server(lambda *_: moved) as (url, seen), open_http() as http:
        response = await http.post(url, content=b"{}")

    assert (response.status_code, seen) == (307, [(1, 1)])
    assert http.timeout == httpx.Timeout(600, connect=5)


async def test_a_redirect_to_nonsense_is_a_redirect_all_the_same() -> None:
    moved = (
        b"HTTP/1.1 302 Moved\r\nlocation: http://[::bad/\r\ncontent-length: 0\r\n\r\n"
    )

    async with _server(lambda *_: moved) as (url, seen), _client(url) as client:
        with pytest.raises(Redirected):
            await client.count_tokens(PARAMS)

    assert seen == [(1, 1)]


async def test_a_silent_upstream_is_given_up_after_the_time_of_a_silent_stream() -> (
    None
):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    provider = Provider(base_url=f"http://127.0.0.1:{port}")
    client = ClaudeClient(provider, max_retries=0, stall_seconds=0.05)

    async with server:
        with pytest.raises(ConnectionTimedOut):
            await read(client)
        await client.aclose()


@pytest.mark.parametrize("kept", [0, 1], ids=["new", "kept"])
async def test_a_request_cancelled_at_any_step_leaves_no_connection(kept: int) -> None:
    cancelled = 0
    async with _server(lambda *_: _counted(1)) as (url, _seen):
        for steps in range(60):
            async with _client(url) as client:
                for _time in range(kept):
                    await client.count_tokens(PARAMS)
                asking = asyncio.create_task(client.count_tokens(PARAMS))
                for _step in range(steps):
                    await asyncio.sleep(0)
                asking.cancel()
                (outcome,) = await asyncio.gather(asking, return_exceptions=True)
                cancelled += isinstance(outcome, asyncio.CancelledError)
                assert _busy(client) == [], f"cancelled after {steps} steps"

    assert cancelled > 5


def _busy(client: ClaudeClient) -> list[str]:
    """Return the connections that the pool will neither use again nor drop."""
    transport: Any = client._http._transport
    return [
        connection.info()
        for connection in transport._pool.connections
        if not connection.is_idle() and not connection.is_closed()
    ]
