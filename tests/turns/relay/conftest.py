"""Several processes on one Redis, and the pages that are open at them."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest

from conversations.protocol import events
from tests.redis import RedisServer
from tests.turns.processes import Page, Process

type Begin = Callable[..., Any]
type Open = Callable[[Process], Page]


@pytest.fixture
def stored() -> dict[UUID, events.TurnSnapshot]:
    """What the database knows of turns."""
    return {}


@pytest.fixture
async def begin(
    redis_server: RedisServer, stored: dict[UUID, events.TurnSnapshot]
) -> AsyncIterator[Begin]:
    """Return a function that starts a process."""
    processes: list[Process] = []

    async def start(name: str, namespace: str = "one") -> Process:
        process = Process(name, stored)
        processes.append(process)
        await process.start(redis_server, namespace)
        return process

    yield start
    for process in processes:
        await process.relay.stop()


@pytest.fixture
async def open_page() -> AsyncIterator[Open]:
    """Return a function that opens a tab at a process."""
    pages: list[Page] = []

    def open_at(process: Process) -> Page:
        pages.append(Page(process))
        return pages[-1]

    yield open_at
    for page in pages:
        page.close()
