"""What running turns need all the time: checkpoints and heartbeats."""

import asyncio
import contextvars
import logging

from django.db import DatabaseError

from . import checkpoints, lease
from .checkpoints import CHECKPOINT_SECONDS, take_changes
from .registry import registry
from .writer import writer

logger = logging.getLogger(__name__)


class Upkeep:
    """A loop that runs while this process has running turns."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def ensure(self) -> None:
        """Have the loop run; it ends by itself with the last turn."""
        loop = asyncio.get_running_loop()
        task = self._task
        if task is None or task.done() or task.get_loop() is not loop:
            self._task = loop.create_task(
                self._run(), name="turn upkeep", context=contextvars.Context()
            )

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_heartbeat = loop.time() + lease.HEARTBEAT_SECONDS
        while len(registry):
            await asyncio.sleep(CHECKPOINT_SECONDS)
            try:
                await self._checkpoint()
                if loop.time() >= next_heartbeat:
                    next_heartbeat = loop.time() + lease.HEARTBEAT_SECONDS
                    await self._renew()
            except DatabaseError as error:
                # The turns go on; the next round of the loop saves all of them.
                logger.warning("Running turns could not be saved: %s", error)
                for live in registry:
                    live.mark_all_changed()

    async def _checkpoint(self) -> None:
        taken = [take_changes(live) for live in registry]
        batch = [changes for changes in taken if changes is not None]
        if batch:
            await writer.do_when_idle(lambda: checkpoints.save(batch))

    async def _renew(self) -> None:
        ids = registry.ids()
        for turn_id in await writer.do(lambda: lease.renew(ids)):
            if (live := registry.find(turn_id)) is not None:
                live.cancel()


upkeep = Upkeep()
