"""Looks after the open batches of everybody, one process at a time for each."""

import asyncio
import contextvars
import logging
from datetime import timedelta

from django.db import DatabaseError
from django.db.models import Q
from django.db.models.functions import Now

from conversations.claude import ClaudeError
from conversations.models import Batch, BatchSource, BatchState
from conversations.turns.lease import LeaseLost
from conversations.turns.writer import writer
from conversations.upstream import is_simulated

from .collecting import ask, collect
from .holding import Hold, after, claim_due, holding
from .sending import find_again, send
from .words import MISTAKE, trouble_of

logger = logging.getLogger(__name__)

POLL_SECONDS = 30.0  # API guide: every 30 to 60 s
SIMULATED_POLL_SECONDS = 1.0
LOOK_SECONDS = 5.0  # ours: how soon a batch is sent that another process has queued
SIMULATED_LOOK_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 3600.0  # ours: an outage is over, and the answers stay 29 days
MOST_AT_ONCE = 4  # ours: each may hold a file of 256 MB and a connection
# ours: half-made ones are left by a crash; a whole one may be thought about for a while
UNFINISHED_DRAFTS_LAST = timedelta(hours=1)
DRAFTS_LAST = timedelta(days=7)
ANSWERED_LAST = timedelta(hours=1)
TIDYING_SECONDS = 3600.0
STEPS = {
    BatchState.QUEUED: send,
    BatchState.SENDING: find_again,
    BatchState.RUNNING: ask,
    BatchState.COLLECTING: collect,
}
# What is known of these changes at Claude's, not by what we do.
PATIENT_STATES = (BatchState.SENDING, BatchState.RUNNING)


class BatchKeeper:
    """The loop that a worker runs. Used on the event loop only."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look for batches at once."""
        self._wake.set()

    async def run(self) -> None:
        """Look after batches until cancelled. A database that is away is tried again."""
        self._wake = asyncio.Event()
        pause = SIMULATED_LOOK_SECONDS if is_simulated() else LOOK_SECONDS
        clock = asyncio.get_running_loop().time
        next_tidying = clock()
        try:
            while True:
                if clock() >= next_tidying:
                    next_tidying = clock() + TIDYING_SECONDS
                    await self._tidy()
                await self._begin()
                try:
                    await asyncio.wait_for(self._wake.wait(), pause)
                except TimeoutError:
                    pass
                self._wake.clear()
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tidy(self) -> None:
        try:
            await writer.do(forget_old)
        except DatabaseError as error:
            logger.warning("Old batches were not removed: %s", error)

    async def _begin(self) -> None:
        room = MOST_AT_ONCE - len(self._tasks)
        if not room:
            return
        try:
            taken = await writer.do(lambda: claim_due(room))
        except DatabaseError as error:
            logger.warning("Batches have to wait: %s", error)
            return
        for batch in taken:
            task = asyncio.get_running_loop().create_task(
                look_after(batch),
                name=f"batch {batch.id}",
                context=contextvars.Context(),
            )
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.wake()


async def look_after(batch: Batch) -> None:
    """Do what a claimed batch needs now, and say when it is to be looked at again."""
    async with holding(batch) as hold:
        try:
            await _step(hold)
        except LeaseLost as lost:
            logger.warning("%s", lost)


async def _step(hold: Hold) -> None:
    batch = hold.batch
    pause = SIMULATED_POLL_SECONDS if is_simulated() else POLL_SECONDS
    try:
        await STEPS[BatchState(batch.state)](hold)
    except LeaseLost:
        raise
    except ClaudeError as error:
        await _put_off(hold, pause, trouble_of(error), error.retry_after_seconds)
    except Exception:
        logger.exception("Batch %s failed.", batch.id)
        await _put_off(hold, pause, MISTAKE)
    else:
        await hold.do(lambda: _release(batch, pause))


async def _put_off(
    hold: Hold,
    pause: float,
    error: dict[str, object],
    retry_after: float | None = None,
) -> None:
    failures = hold.batch.failures + 1
    delay = max(pause * 2 ** min(failures, 10), retry_after or 0)
    logger.warning("Batch %s has to wait: %s", hold.batch.id, error["message"])

    def put_off() -> None:
        rows = Batch.objects.filter(id=hold.batch.id)
        # That it may have been sent says more than why nobody can tell yet.
        uncertain = Q(state=BatchState.SENDING, error__isnull=False)
        rows.exclude(uncertain).update(error=error)
        rows.update(
            failures=failures,
            look_at=after(min(delay, LONGEST_DELAY_SECONDS)),
            lease_expires_at=None,
        )

    await hold.do(put_off)


def _release(batch: Batch, pause: float) -> None:
    """Let go of a batch, to be gone on with at once or after a pause."""
    rows = Batch.objects.filter(id=batch.id)
    rows.update(lease_expires_at=None)
    rows.filter(state__in=PATIENT_STATES).update(look_at=after(pause))


def forget_old() -> None:
    drafts = Batch.objects.filter(state=BatchState.DRAFT)
    drafts.filter(item_count=0, created_at__lt=Now() - UNFINISHED_DRAFTS_LAST).delete()
    drafts.filter(created_at__lt=Now() - DRAFTS_LAST).delete()
    # What a message's batch came to stands in its conversation.
    answered = Batch.objects.filter(source=BatchSource.MESSAGE, state=BatchState.ENDED)
    answered.filter(ended_at__lt=Now() - ANSWERED_LAST).delete()


batch_keeper = BatchKeeper()
