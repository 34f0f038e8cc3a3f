"""The least that could do it: aiohttp in, aiohttp out, nothing kept."""

import json
import sys

from aiohttp import ClientSession, TCPConnector, web

SESSION = web.AppKey("session", ClientSession)
UPSTREAM = web.AppKey("upstream", str)


async def socket(request: web.Request) -> web.WebSocketResponse:
    """Answer each message of a socket with the deltas that the upstream streams."""
    opened = web.WebSocketResponse()
    await opened.prepare(request)
    async for frame in opened:
        await _answer(request.app, opened, json.loads(frame.data)["text"])
    return opened


async def _answer(
    app: web.Application, opened: web.WebSocketResponse, text: str
) -> None:
    params = {"stream": True, "messages": [{"role": "user", "content": text}]}
    async with app[SESSION].post(app[UPSTREAM], json=params) as response:
        async for line in response.content:
            if line.startswith(b"data: "):
                event = json.loads(line[6:])
                if event["type"] == "content_block_delta":
                    await opened.send_str(json.dumps({"text": event["delta"]["text"]}))
    await opened.send_str('{"done": true}')


async def healthz(_request: web.Request) -> web.Response:
    """Tell that the process lives."""
    return web.Response(text="ok")


async def make_application(upstream: str) -> web.Application:
    """Return the application that relays `upstream`."""
    app = web.Application()
    # By default it would hold back the 101st request.
    app[SESSION] = ClientSession(connector=TCPConnector(limit=0))
    app[UPSTREAM] = f"{upstream}/v1/messages"
    app.add_routes([web.get("/ws/", socket), web.get("/healthz", healthz)])
    return app


if __name__ == "__main__":
    web.run_app(
        make_application(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        print=None,
        access_log=None,
    )
