"""How a server is reached, and what goes wrong on the way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from conversations.claude.platforms.extras import load
from conversations.fetching.connecting import Resolve, resolve

CALL_SECONDS = 30.0  # ours: a person waits for the answer meanwhile
MAX_BYTES = 1_000_000  # ours: of one visit; more text than a model's window holds
MAX_PAGES = 20  # ours: of a list of tools


class McpError(Exception):
    """The server could not be used; the text says why, to a person or to Claude."""


class Storage(Protocol):
    """Where a log-in at a server is kept. The values are JSON texts of the library's."""

    async def load(self, what: str) -> str | None: ...

    async def store(self, what: str, value: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class LogIn:
    """How somebody logs in at a server that wants it (OAuth 2.1).

    `show` gets the address at which the person agrees, `wait` returns the parameters
    with which the server sends them back. Both are None where nobody is there to ask.
    """

    storage: Storage
    return_url: str
    show: Callable[[str], Awaitable[None]] | None = None
    wait: Callable[[], Awaitable[dict[str, str]]] | None = None


@dataclass(frozen=True, kw_only=True)
class Access:
    """A server, and as whom it is spoken to.

    Only what an administrator has named may lie inside the own network.
    """

    url: str
    is_trusted: bool = False
    token: str = ""
    log_in: LogIn | None = None
    resolve: Resolve = resolve
    seconds: float = CALL_SECONDS

    def for_seconds(self, seconds: float) -> "Access":
        """Return the same, with another limit of time."""
        return replace(self, seconds=seconds)


class Wire(Protocol):
    """What `wire.py` does with the `mcp` package."""

    async def list_tools(self, access: Access) -> list[dict[str, Any]]: ...

    async def call_tool(
        self, access: Access, name: str, arguments: dict[str, Any], digest: str
    ) -> dict[str, Any]: ...


def wire() -> Wire:
    """Return the module that speaks the protocol.

    Raises NotReady, naming the package group, where `mcp` is not installed.
    """
    load("mcp", "mcp")
    module: Wire = load("conversations.tools.mcp.wire", "mcp")
    return module
