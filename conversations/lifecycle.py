"""What has to happen when a process starts and stops serving."""

import asyncio
import contextvars

from conversations import catalog
from conversations.protocol.events import ServerRestarting
from conversations.turns import runner, titles
from conversations.turns.hub import hub
from conversations.turns.sweep import sweep, sweep_forever
from conversations.turns.writer import writer
from conversations.upstream import close_client

_tasks: set[asyncio.Task[object]] = set()


async def start() -> None:
    """Load the model cards, end what a dead process left, begin the upkeep."""
    await writer.do(catalog.load_cards)
    await sweep()
    for coroutine in (sweep_forever(), catalog.refresh_quietly()):
        task = asyncio.get_running_loop().create_task(
            coroutine, context=contextvars.Context()
        )
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


async def stop() -> None:
    """End running turns as interrupted, with their text, and close everything."""
    hub.broadcast([ServerRestarting(reason="The server is stopping.")])
    for task in list(_tasks):
        task.cancel()
    await runner.interrupt_all()
    await titles.stop()
    await close_client()
    await asyncio.to_thread(writer.stop)
