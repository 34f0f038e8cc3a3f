"""The simulator as an ASGI application, to be served on a port."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qsl

from conversations.simulator import batches
from conversations.simulator.errors import ConnectionCut
from conversations.simulator.files import MAX_FILE_BYTES
from conversations.simulator.messages import MAX_BODY_BYTES
from conversations.simulator.simulator import Simulator
from conversations.simulator.wire import ReceivedRequest, Reply

MAX_UPLOAD_BYTES = MAX_FILE_BYTES + 64 * 1024  # with the multipart form around it

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def application(simulator: Simulator) -> Application:
    """Return an ASGI application that answers with `simulator`.

    ASGI cannot break a connection: a cut ends the body in mid-answer instead.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await _received(scope, receive)
        if request is None:
            return
        answering = asyncio.ensure_future(_answer(simulator, request, send))
        leaving = asyncio.ensure_future(_until_disconnect(receive))
        try:
            await asyncio.wait(
                {answering, leaving}, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            leaving.cancel()
            if not answering.done():
                answering.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        if not answering.cancelled():
            answering.result()

    return answer


async def _answer(simulator: Simulator, request: ReceivedRequest, send: Send) -> None:
    reply = await simulator.handle(request)
    headers = [(name.encode(), text.encode()) for name, text in reply.headers.items()]
    await send(
        {"type": "http.response.start", "status": reply.status, "headers": headers}
    )
    await _send_body(reply, send)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_body(reply: Reply, send: Send) -> None:
    async with aclosing(reply.chunks) as chunks:
        try:
            async for chunk in chunks:
                await send(
                    {"type": "http.response.body", "body": chunk, "more_body": True}
                )
        except ConnectionCut:
            return


async def _received(scope: Scope, receive: Receive) -> ReceivedRequest | None:
    """Return the request with its body, or None when the client left."""
    is_batch = scope["path"].strip("/").endswith("messages/batches")
    is_file = scope["path"].strip("/").endswith("v1/files")
    limit = batches.MAX_BODY_BYTES if is_batch else MAX_BODY_BYTES
    limit = MAX_UPLOAD_BYTES if is_file else limit
    parts = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        # One byte over the limit is enough to be refused; the rest is dropped.
        if size <= limit:
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        more = message.get("more_body", False)
    return ReceivedRequest(
        method=scope["method"],
        path=scope["path"],
        headers={
            name.decode("latin-1").lower(): text.decode("latin-1")
            for name, text in scope["headers"]
        },
        raw_body=b"".join(parts),
        query=tuple(parse_qsl(scope.get("query_string", b"").decode("latin-1"))),
        raw_path=(scope.get("raw_path") or b"").decode("latin-1"),
    )


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
