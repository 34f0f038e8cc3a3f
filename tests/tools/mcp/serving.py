"""A server of tools on a port of its own, made with the official package."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from pydantic import AnyHttpUrl

from tests.postgres import free_port

TOKEN = "open sesame"


class OneToken:
    """Lets in whoever has the token."""

    async def verify_token(self, token: str) -> AccessToken | None:
        if token != TOKEN:
            return None
        return AccessToken(token=token, client_id="colloquy", scopes=[])


def make_server(**options: Any) -> MCPServer:
    """Return a server with tools that work, hang, say too much and fail."""
    server = MCPServer("Numbers", **options)

    @server.tool(title="Add numbers")
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    @server.tool()
    async def hang() -> str:
        """Never answer."""
        await asyncio.sleep(3600)
        return ""

    @server.tool()
    def flood(megabytes: int) -> str:
        """Say too much."""
        return "x" * megabytes * 1_000_000

    @server.tool()
    def fail() -> str:
        """Fail."""
        raise ValueError("No such number.")

    return server


def guarded_server(port: int) -> MCPServer:
    """Return a server that wants the token."""
    url = AnyHttpUrl(f"http://127.0.0.1:{port}")
    settings = AuthSettings(
        issuer_url=url, resource_server_url=url, validate_token_resource=False
    )
    return make_server(token_verifier=OneToken(), auth=settings)


@contextlib.contextmanager
def served(server: MCPServer, port: int | None = None) -> Iterator[str]:
    """Run a server in a thread; yield its address."""
    port = port or free_port()
    config = uvicorn.Config(
        server.streamable_http_app(), port=port, log_config=None, lifespan="on"
    )
    runner = uvicorn.Server(config)
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    while not runner.started:
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        runner.should_exit = True
        runner.force_exit = True
        thread.join()
