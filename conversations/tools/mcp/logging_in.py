"""A person's log-in at a server: it begins here, goes on there, and comes back.

The task that began it waits for the row that the way back writes; so they may be of
different processes, as long as the first one lives.
"""

import asyncio
import contextvars
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

from conversations.models import McpAuthorization, McpServer

from .access import Access, LogIn, McpError
from .servers import LoginStorage, access_for, list_again

LOG_IN_SECONDS = 600.0  # ours: a person finds a password meanwhile
BEGIN_SECONDS = 20.0  # ours: the server tells where it wants people to go
END_SECONDS = 10.0  # ours: tokens and tools are fetched while the person waits
POLL_SECONDS = 0.2

_tasks: set[asyncio.Task[None]] = set()


async def begin(server: McpServer, user_id: Any, return_url: str) -> str | None:
    """Return the address at which the person logs in; None if nothing is needed.

    Raises McpError. The tools are listed when the person has come back.
    """
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    flow = _Flow(server, user_id, return_url, address)
    # A context of its own: it outlives the request that begins it.
    task = asyncio.get_running_loop().create_task(
        flow.run(), name=f"log-in at {server.name}", context=contextvars.Context()
    )
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    either: set[asyncio.Future[Any]] = {task, address}
    done, _ = await asyncio.wait(
        either, timeout=BEGIN_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    if address in done:
        return address.result()
    if task not in done:
        task.cancel()
        raise McpError("The server does not tell where to log in.")
    await server.arefresh_from_db()
    if server.error:
        raise McpError(server.error)
    return None


async def come_back(user_id: Any, answer: dict[str, str]) -> McpServer:
    """Hand the answer of the server to who waits for it; return the server.

    Waits a moment until the tools are there. Raises McpError for a way back that nobody
    of this person waits for: a state belongs to the one who began.
    """
    rows = McpAuthorization.objects.select_related("server")
    begun_after = timezone.now() - timedelta(seconds=LOG_IN_SECONDS)
    row = await rows.filter(
        state=answer.get("state", ""),
        user_id=user_id,
        answer=None,
        created_at__gte=begun_after,
    ).afirst()
    if row is None:
        raise McpError("This log-in is too old, or was not begun by you. Begin again.")
    row.answer = answer
    await row.asave(update_fields=["answer"])
    for _ in range(round(END_SECONDS / POLL_SECONDS)):
        if not await McpAuthorization.objects.filter(pk=row.pk).aexists():
            break
        await asyncio.sleep(POLL_SECONDS)
    server: McpServer = row.server
    return server


async def stop() -> None:
    """Give up the log-ins that are under way."""
    tasks = list(_tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Flow:
    """One log-in, from the first question to the list of tools."""

    def __init__(
        self,
        server: McpServer,
        user_id: Any,
        return_url: str,
        address: asyncio.Future[str],
    ) -> None:
        self._server = server
        self._user_id = user_id
        self._return_url = return_url
        self._address = address
        self._row: McpAuthorization | None = None

    async def run(self) -> None:
        try:
            await list_again(self._server, await self._access())
        finally:
            if self._row is not None:
                await self._row.adelete()

    async def _access(self) -> Access:
        log_in = LogIn(
            storage=LoginStorage(self._server, self._user_id),
            return_url=self._return_url,
            show=self._show,
            wait=self._wait,
        )
        access = await access_for(self._server, self._user_id, log_in=log_in)
        return access.for_seconds(LOG_IN_SECONDS)

    async def _show(self, address: str) -> None:
        parts = urlsplit(address)
        # Only within the own network, which an administrator vouches for, without TLS.
        schemes = ("https", "http") if self._server.owner_id is None else ("https",)
        if parts.scheme not in schemes:
            raise McpError("The server wants a log-in at a page that is not safe.")
        [state] = parse_qs(parts.query)["state"]
        self._row = await McpAuthorization.objects.acreate(
            state=state, server=self._server, user_id=self._user_id
        )
        self._address.set_result(address)

    async def _wait(self) -> dict[str, str]:
        assert self._row is not None
        while self._row.answer is None:
            await asyncio.sleep(POLL_SECONDS)
            await self._row.arefresh_from_db(fields=["answer"])
        answer: dict[str, str] = self._row.answer
        return answer
