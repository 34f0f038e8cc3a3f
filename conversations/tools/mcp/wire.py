"""Speaks the protocol through the official `mcp` package, one visit at a time.

A visit opens a connection, looks at the tools, calls at most one and closes: nothing of
a server lives longer than that, so one that hangs or lies can hurt nobody else.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)

from .access import MAX_PAGES, Access, LogIn, McpError, Storage
from .listing import digest_of
from .transport import GuardedTransport

SAY_AT_MOST = 300  # characters of a server's own words about what went wrong


async def list_tools(access: Access) -> list[dict[str, Any]]:
    """Return the tools of a server as it describes them. Raises McpError."""
    async with _visit(access) as client:
        return await _all_tools(client)


async def call_tool(
    access: Access, name: str, arguments: dict[str, Any], digest: str
) -> dict[str, Any]:
    """Call a tool that is still the one with this digest; return its result's JSON.

    Raises McpError, also when the server describes the tool otherwise by now.
    """
    async with _visit(access) as client:
        described = [tool for tool in await _all_tools(client) if tool["name"] == name]
        if not described:
            raise McpError("The server no longer has this tool.")
        if digest_of(described[0]) != digest:
            raise McpError(
                "The server has changed this tool since somebody agreed to it."
                " It stays off until they have looked at it again."
            )
        result = await client.call_tool(name, arguments)
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def _all_tools(client: Client) -> list[dict[str, Any]]:
    tools: list[dict[str, Any]] = []
    cursor = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += [
            tool.model_dump(mode="json", by_alias=True, exclude_none=True)
            for tool in page.tools
        ]
        if (cursor := page.next_cursor) is None:
            return tools
    raise McpError("The list of the server's tools has no end.")


@asynccontextmanager
async def _visit(access: Access) -> AsyncIterator[Client]:
    """Connect for a moment; whatever goes wrong inside is an McpError."""
    transport = GuardedTransport(access)
    try:
        async with asyncio.timeout(access.seconds), _http(access, transport) as http:
            wires = streamable_http_client(access.url, http_client=http)
            async with Client(wires, cache=None) as client:
                yield client
    except TimeoutError:
        raise McpError(
            f"The server gave no answer in {access.seconds:g} seconds."
        ) from None
    except Exception as error:
        if transport.refusal is not None:
            raise McpError(transport.refusal) from None
        raise _told(error) from error


@asynccontextmanager
async def _http(
    access: Access, transport: GuardedTransport
) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"user-agent": "colloquy"}
    if access.token:
        headers["authorization"] = f"Bearer {access.token}"
    auth = None if access.log_in is None else _auth(access.url, access.log_in)
    async with httpx2.AsyncClient(
        transport=transport,
        headers=headers,
        auth=auth,
        # The visit as a whole has a limit, which tells more.
        timeout=2 * access.seconds,
        trust_env=False,
    ) as http:
        yield http


def _auth(url: str, log_in: LogIn) -> OAuthClientProvider:
    async def show(address: str) -> None:
        if log_in.show is None:
            raise McpError("The server wants you to log in at it again.")
        await log_in.show(address)

    async def wait() -> AuthorizationCodeResult:
        assert log_in.wait is not None
        given = await log_in.wait()
        return AuthorizationCodeResult(
            code=given.get("code", ""), state=given.get("state"), iss=given.get("iss")
        )

    metadata = OAuthClientMetadata.model_validate(
        {
            "client_name": "Colloquy",
            "redirect_uris": [log_in.return_url],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
    )
    return OAuthClientProvider(url, metadata, _Kept(log_in.storage), show, wait)


class _Kept:
    """The library's storage on ours."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def get_tokens(self) -> OAuthToken | None:
        text = await self._storage.load("tokens")
        return None if text is None else OAuthToken.model_validate_json(text)

    async def set_tokens(self, tokens: OAuthToken) -> None:
        await self._storage.store("tokens", tokens.model_dump_json())

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        text = await self._storage.load("client")
        if text is None:
            return None
        return OAuthClientInformationFull.model_validate_json(text)

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        await self._storage.store("client", client_info.model_dump_json())


def _told(error: BaseException) -> McpError:
    """Return what went wrong in one sentence; groups of errors by their first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, McpError):
        return error
    if isinstance(error, httpx2.HTTPStatusError):
        status = error.response.status_code
        if status in (401, 403):
            return McpError("The server refuses: it wants a log-in or another token.")
        return McpError(f"The server answered with HTTP {status}.")
    if isinstance(error, httpx2.TransportError):
        return McpError("The server cannot be reached, or broke the connection off.")
    said = json.dumps(str(error)[:SAY_AT_MOST], ensure_ascii=False)
    return McpError(f"The server does not speak as it should: {said}.")
