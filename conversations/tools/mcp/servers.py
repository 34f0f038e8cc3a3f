"""The stored servers: how each is reached, what it lists, and what of it is agreed."""

import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from conversations.claude import ClaudeError
from conversations.models import Authorization, McpLogin, McpServer

from .access import Access, LogIn, McpError, wire
from .listing import Listed, read_list


class LoginStorage:
    """Keeps what OAuth gives, sealed, with the person and the server."""

    def __init__(self, server: McpServer, user_id: Any) -> None:
        self._server = server
        self._user_id = user_id

    async def load(self, what: str) -> str | None:
        rows = McpLogin.objects.filter(server=self._server, user_id=self._user_id)
        login = await rows.afirst()
        return (getattr(login, what) or None) if login else None

    async def store(self, what: str, value: str) -> None:
        await McpLogin.objects.aupdate_or_create(
            server=self._server, user_id=self._user_id, defaults={what: value}
        )


async def access_for(
    server: McpServer,
    user_id: Any,
    *,
    return_url: str = "",
    log_in: LogIn | None = None,
) -> Access:
    """Return how a person reaches a server. Raises McpError when something is missing."""
    token = ""
    if server.authorization == Authorization.TOKEN:
        token = await _token(server, user_id)
    elif server.authorization == Authorization.OAUTH:
        storage = LoginStorage(server, user_id)
        if log_in is None and await storage.load("tokens") is None:
            raise McpError(f"You have to log in at {server.title} first.")
        log_in = log_in or LogIn(storage=storage, return_url=return_url or server.url)
    return Access(
        url=server.url,
        is_trusted=server.owner_id is None,
        token=token,
        log_in=log_in if server.authorization == Authorization.OAUTH else None,
    )


async def list_again(server: McpServer, access: Access) -> None:
    """Ask a server for its tools and keep them; what went wrong is kept as `error`."""
    try:
        found = await wire().list_tools(access)
    except (McpError, ClaudeError) as error:
        server.error = str(error)
    else:
        server.tools = [asdict(item) for item in read_list(server.name, found)]
        server.error = ""
    server.listed_at = timezone.now()
    await server.asave(update_fields=["tools", "error", "listed_at"])


def agree(server: McpServer) -> None:
    """Offer the tools as they are listed now: somebody has looked at them."""
    server.agreed = {item.known_as: item.digest for item in usable(server)}
    server.save(update_fields=["agreed"])


def listed(server: McpServer) -> list[Listed]:
    """Return the server's tools as last seen."""
    return [Listed(**item) for item in server.tools]


def usable(server: McpServer) -> Iterable[Listed]:
    """Return those that the API would take."""
    return (item for item in listed(server) if not item.problem)


def offered(server: McpServer) -> list[Listed]:
    """Return those that somebody has agreed to, as they are."""
    agreed = server.agreed
    return [item for item in usable(server) if agreed.get(item.known_as) == item.digest]


def waits_for_agreement(server: McpServer) -> list[Listed]:
    """Return those that are new or have changed since somebody looked."""
    known = {item.known_as for item in offered(server)}
    return [item for item in usable(server) if item.known_as not in known]


async def _token(server: McpServer, user_id: Any) -> str:
    if server.owner_id is None:
        if token := os.environ.get(server.token_variable, ""):
            return token
        raise McpError(
            f"The environment variable {server.token_variable or 'MCP_…'} with the"
            f" token of {server.title} is not set."
        )
    token = await LoginStorage(server, user_id).load("token") or ""
    if not token:
        raise McpError(f"The token of {server.title} is missing. Enter it again.")
    return token
