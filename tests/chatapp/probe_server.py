"""A server around a small application that shows what reaches it: run as a module.

usage: python -m tests.chatapp.probe_server PORT
"""

import asyncio
import json
import sys
from typing import Any

from chatapp.server import Server

MAX_BODY_BYTES = 4 * 1024 * 1024
PIECE = b"x" * 65536
PIECES = 1600  # 100 MiB, more than any buffer on the way holds

state = {"sent": 0, "ended": 0, "received": 0}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer each path with one behaviour."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await SOCKETS[scope["path"]](receive, send)
    else:
        await PAGES[scope["path"]](receive, send)


async def report(receive: Any, send: Any) -> None:
    await answer(send, state)


async def measure_body(receive: Any, send: Any) -> None:
    sizes = []
    while True:
        message = await receive()
        sizes.append(len(message["body"]))
        if not message["more_body"]:
            break
    await answer(send, {"bytes": sum(sizes), "largest_piece": max(sizes)})


async def stream(receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await flood(send, {"type": "http.response.body", "body": PIECE, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def flood_socket(receive: Any, send: Any) -> None:
    await flood(send, {"type": "websocket.send", "bytes": PIECE})


async def flood(send: Any, message: dict[str, Any]) -> None:
    for _ in range(PIECES):
        await send(message)
        state["sent"] += 1
    state["ended"] += 1


async def send_large_frame(receive: Any, send: Any) -> None:
    await send({"type": "websocket.send", "text": "x" * (3 * 1024 * 1024)})
    await receive()


async def echo(receive: Any, send: Any) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def never_read(receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


async def answer(send: Any, content: dict[str, int]) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


PAGES = {"/state": report, "/body": measure_body, "/stream": stream}
SOCKETS = {
    "/flood": flood_socket,
    "/large": send_large_frame,
    "/echo": echo,
    "/deaf": never_read,
}


async def start() -> None:
    say("start")


async def drain() -> None:
    say("drain")
    if "--slow" in sys.argv:
        await asyncio.Event().wait()


async def stop() -> None:
    say("stop")
    if "--hang" in sys.argv:
        await asyncio.Event().wait()


def say(word: str) -> None:
    print(word, flush=True)  # noqa: T201


if __name__ == "__main__":
    server = Server(
        application,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        max_body_bytes=MAX_BODY_BYTES,
        on_start=start,
        on_listening=lambda: say("listening"),
        on_drain=drain,
        on_stop=stop,
    )
    server.stop_seconds = server.end_seconds = 0.1
    server.run()
    say(server.failure or "ended")
