"""What running turns need all the time: checkpoints and heartbeats."""

import asyncio
import contextvars
import logging

from django.db import DatabaseError

from conversations.models.reading import read

from . import checkpoints, decisions, lease
from .checkpoints import CHECKPOINT_SECONDS, take_changes
from .health import health
from .registry import registry
from .trouble import is_disk_full, reason_of
from .writer import writer

logger = logging.getLogger(__name__)

DISK = "disk"


class Upkeep:
    """A loop that runs while this process has running turns."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._is_heartbeat_due = False

    def ensure(self) -> None:
        """Have the loop run; it ends by itself with the last turn."""
        loop = asyncio.get_running_loop()
        task = self._task
        if task is None or task.done() or task.get_loop() is not loop:
            self._hurry = asyncio.Event()
            self._task = loop.create_task(
                self._run(), name="turn upkeep", context=contextvars.Context()
            )

    def hurry(self) -> None:
        """Save what changed now, not at the next quarter of a second."""
        self._hurry.set()

    def beat(self) -> None:
        """Send a heartbeat now: somebody has left word in a turn's row."""
        self._is_heartbeat_due = True
        self.hurry()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_heartbeat = loop.time() + lease.HEARTBEAT_SECONDS
        while len(registry):
            await self._pause()
            try:
                if self._is_heartbeat_due or loop.time() >= next_heartbeat:
                    self._is_heartbeat_due = False
                    next_heartbeat = loop.time() + lease.HEARTBEAT_SECONDS
                    await self._renew()
                await self._checkpoint()
            except DatabaseError as error:
                # The turns go on; the next round of the loop saves all of them.
                logger.warning("Running turns could not be saved: %s", error)
                self._note_trouble(error)
        # The last turn has been stored, so there is room for others.
        health.recover(DISK)

    def _note_trouble(self, error: DatabaseError) -> None:
        if is_disk_full(error):
            health.impair(DISK, reason_of(error))
        for live in registry:
            live.mark_all_changed()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._hurry.wait(), CHECKPOINT_SECONDS)
        except TimeoutError:
            pass
        self._hurry.clear()

    async def _checkpoint(self) -> None:
        taken = [take_changes(live) for live in registry]
        batch = [changes for changes in taken if changes is not None]
        if batch:
            await writer.do_when_idle(lambda: checkpoints.save(batch))

    async def _renew(self) -> None:
        ids = registry.ids()
        renewal = await writer.do(lambda: lease.renew(ids))
        health.recover(DISK)
        for turn_id in renewal.cancelled:
            if (live := registry.find(turn_id)) is not None:
                live.cancel()
        for turn_id in renewal.lost:
            # One that has just ended is no longer running, which is not a loss.
            if (live := registry.find(turn_id)) is not None and not live.is_closing:
                logger.warning("Turn %s was taken over by another owner.", turn_id)
                live.lose()
        if waiting := decisions.awaited():
            decisions.hear(await read(decisions.given, waiting))


upkeep = Upkeep()
