"""What has to happen when a process starts and stops serving."""

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from conversations import catalog
from conversations.batches.keeper import batch_keeper
from conversations.protocol.events import ServerRestarting
from conversations.tools.mcp import logging_in
from conversations.turns import compaction_due, lease, runner, suggestions, titles
from conversations.turns.claims import claims
from conversations.turns.compacting import compactor
from conversations.turns.hub import hub
from conversations.turns.inspecting import keeper
from conversations.turns.relay import relay
from conversations.turns.sweep import sweep, sweeper
from conversations.turns.upkeep import upkeep
from conversations.turns.writer import writer
from conversations.upstream import close_client

_tasks: set[asyncio.Task[object]] = set()


async def start(*, is_answering: bool = True) -> None:
    """Load the model cards, take up what a dead process left, begin the upkeep.

    A process that is not answering leaves every turn to the workers.
    """
    claims.open(is_answering=is_answering)
    relay.on_wake_owner = upkeep.beat
    relay.on_wake_workers = claims.wake
    if settings.REDIS_URL:
        await relay.start(
            settings.REDIS_URL, process=lease.OWNER, namespace=_namespace()
        )
    await writer.do(catalog.load_cards)
    await sweep()
    for coroutine in (
        sweeper.run(),
        claims.run(),
        compactor.run(),
        catalog.refresh_quietly(),
    ):
        _keep(coroutine)
    if is_answering:
        _keep(batch_keeper.run())


async def drain() -> None:
    """Take nothing new, say so, and let running turns come to their end."""
    claims.close()
    hub.broadcast([ServerRestarting(reason="The server is restarting.")])
    await runner.drain(settings.DRAIN_SECONDS)


async def stop() -> None:
    """End what still runs, with its text, and close everything."""
    claims.close()
    for task in list(_tasks):
        task.cancel()
    await runner.interrupt_all()
    await compaction_due.settle()
    await compactor.stop()
    await titles.stop()
    await suggestions.stop()
    await logging_in.stop()
    await keeper.flush()
    await relay.stop()
    await close_client()
    await asyncio.to_thread(writer.stop)


def _namespace() -> str:
    """Return what keeps two installations apart on one Redis: their key differs."""
    return salted_hmac(
        "conversations.relay", settings.DATABASES["default"]["NAME"]
    ).hexdigest()[:16]


def _keep(coroutine: Coroutine[Any, Any, Any]) -> None:
    task: asyncio.Task[object] = asyncio.get_running_loop().create_task(
        coroutine, context=contextvars.Context()
    )
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
