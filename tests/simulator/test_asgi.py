"""The ASGI application streams, and stops when the client leaves."""

import asyncio
import json
from typing import Any

from conversations.simulator import Simulator
from conversations.simulator.asgi import application
from tests.simulator.building import HEADERS, Json, make_params, read_events

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/v1/messages",
    "query_string": b"beta=true",
    "headers": [(name.encode(), value.encode()) for name, value in HEADERS.items()],
}


class Connection:
    """A client of an ASGI application, as far as one request needs it."""

    def __init__(self, params: Json) -> None:
        self.inbox: asyncio.Queue[Json] = asyncio.Queue()
        self.sent: list[Json] = []
        self.text_came = asyncio.Event()
        body = json.dumps(params).encode()
        middle = len(body) // 2
        for part, more in ((body[:middle], True), (body[middle:], False)):
            self.inbox.put_nowait(
                {"type": "http.request", "body": part, "more_body": more}
            )

    async def send(self, message: Json) -> None:
        self.sent.append(message)
        if b"text_delta" in message.get("body", b""):
            self.text_came.set()

    async def run(self, simulator: Simulator) -> None:
        await application(simulator)(dict[str, Any](SCOPE), self.inbox.get, self.send)

    @property
    def body(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()


async def test_streams_frame_by_frame() -> None:
    connection = Connection(make_params("Hello", stream=True))

    await connection.run(Simulator(pace=0))

    events = read_events(connection.body)
    assert connection.sent[0]["status"] == 200
    assert [m["more_body"] for m in connection.sent[1:]] == [True] * len(events) + [
        False
    ]
    assert events[-1] == {"type": "message_stop"}


async def test_leaving_client_stops_the_answer() -> None:
    connection = Connection(make_params("[simulate: stall after=5]", stream=True))
    running = asyncio.create_task(connection.run(Simulator(pace=0)))
    await connection.text_came.wait()

    connection.inbox.put_nowait({"type": "http.disconnect"})
    await running

    assert "message_stop" not in connection.body


async def test_cut_ends_the_body_early() -> None:
    connection = Connection(make_params("[simulate: cut after=5]", stream=True))

    await connection.run(Simulator(pace=0))

    assert connection.sent[-1]["more_body"] is False
    assert "message_delta" not in connection.body


async def test_client_that_leaves_while_sending_gets_nothing() -> None:
    connection = Connection({})
    connection.inbox = asyncio.Queue()
    connection.inbox.put_nowait({"type": "http.disconnect"})

    await connection.run(Simulator(pace=0))

    assert connection.sent == []
