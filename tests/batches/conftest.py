"""Batches that really run: the writer thread, and a simulator whose clock is set by hand."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import httpx
import pytest
from django.db.models.functions import Now

from chatapp.accounts.models import User
from conversations import catalog
from conversations.batches.holding import claim_due
from conversations.batches.keeper import look_after
from conversations.batches.planning import make_draft, plan_rows
from conversations.batches.starting import start
from conversations.batches.tables import read_table
from conversations.catalog import card_for
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.models import Batch, BatchItem
from conversations.models.reading import read
from conversations.simulator import Pace, Simulator, SimulatorTransport
from conversations.turns.writer import writer
from conversations.upstream import use_client
from tests.claude.wire import Sleeper

SECONDS = 100.0
MODEL = "claude-opus-5-5"
TABLE = "word,language\nHouse,German\nTree,French\nSea,Latin\n"
PROMPT = "Translate {{word}} into {{language}}."


class World(SimulatorTransport):
    """The simulator behind a line that breaks when told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        super().__init__(Simulator(pace=Pace(0, 0, SECONDS), clock=lambda: self.now))
        self.calls: list[str] = []
        # Called with each request; what it raises breaks the line before or after.
        self.before: Callable[[httpx.Request], None] = lambda request: None
        self.after: Callable[[httpx.Request], None] = lambda request: None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(f"{request.method} {request.url.path}")
        await request.aread()
        self.before(request)
        response = await super().handle_async_request(request)
        self.after(request)
        return response

    @property
    def created(self) -> int:
        """How many batches the API has."""
        return len(self.simulator._batches._kept)

    def count(self, call: str) -> int:
        return sum(one.startswith(call) for one in self.calls)


@pytest.fixture
async def world(async_db: None) -> AsyncIterator[World]:
    """An API of batches, and all that a batch needs here."""
    await writer.do(catalog.load_cards)
    world = World()
    use_client(
        ClaudeClient(
            Provider(api_key=Secret("sk-test")), transport=world, sleep=Sleeper()
        )
    )
    yield world
    writer.stop()


type Make = Callable[..., Any]


@pytest.fixture
def draft(world: World, alice: User) -> Make:
    """Return a function that makes a draft of alice's."""

    async def make(table: str = TABLE, prompt: str = PROMPT, **fields: Any) -> Batch:
        plan = plan_rows(read_table(table.encode()), prompt)
        batch = Batch(
            owner=alice, title="Words", template=prompt, model=MODEL, **fields
        )
        return await make_draft(batch, plan, await read(card_for, MODEL))

    return make


@pytest.fixture
def queued(draft: Make) -> Make:
    """Return a function that makes a batch of alice's and starts it."""

    async def make(*args: Any, **fields: Any) -> Batch:
        batch: Batch = await draft(*args, **fields)
        assert await start(batch)
        return batch

    return make


async def look(times: int = 1) -> None:
    """Look after all open batches, as if their time had come."""
    for _ in range(times):
        await writer.do(lambda: Batch.objects.open().update(look_at=Now()))
        for batch in await writer.do(partial(claim_due, 10)):
            await look_after(batch)


async def now(batch: Batch) -> Batch:
    """Return a batch as it is stored."""
    return await Batch.objects.aget(id=batch.id)


async def outcomes(batch: Batch) -> dict[str, str]:
    """Return the state of each item by what its row is called."""
    items = BatchItem.objects.filter(batch=batch).order_by("position")
    return {item.label: item.state async for item in items}
