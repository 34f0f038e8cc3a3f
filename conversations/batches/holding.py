"""Who looks after a batch: one process at a time, under a lease that it renews."""

import asyncio
import contextvars
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from conversations.models import Batch
from conversations.turns.lease import OWNER, LeaseLost
from conversations.turns.writer import writer

logger = logging.getLogger(__name__)

LEASE_SECONDS = 30.0  # ours: a restart waits as long, a batch has a day
RENEWAL_SECONDS = 8.0


def claim_due(limit: int) -> list[Batch]:
    """Take batches whose time has come and that nobody holds; a job for the writer."""
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now())
    # A lease from further ahead than leases are given: the clock was set back.
    free |= Q(lease_expires_at__gt=after(2 * LEASE_SECONDS))
    if connection.vendor == "sqlite":
        # There is one process: every other name is of a dead one.
        free |= ~Q(lease_owner=OWNER)
    due = Batch.objects.open().filter(free, look_at__lte=Now()).order_by("look_at")
    locked = due.select_for_update(skip_locked=True)
    ids = list(locked.values_list("id", flat=True)[:limit])
    if not ids:
        return []
    taken = Batch.objects.filter(id__in=ids)
    taken.update(
        lease_owner=OWNER,
        epoch=F("epoch") + 1,
        lease_expires_at=after(LEASE_SECONDS),
    )
    return list(taken.select_related("owner"))


def after(seconds: float) -> Combinable:
    """Return the database expression of a moment some seconds from now."""
    return Now() + timedelta(seconds=seconds)


class Hold:
    """The right to write one batch."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._clock = asyncio.get_running_loop().time
        self._valid_until = self._clock() + LEASE_SECONDS

    async def do[T](self, job: Callable[[], T]) -> T:
        """Run `job` in a transaction in which the batch is ours. Raises LeaseLost."""

        def fenced() -> T:
            self._require_own()
            return job()

        return await writer.do_surely(fenced)

    async def write(self, **fields: Any) -> None:
        """Store columns of the batch. Raises LeaseLost."""
        await self.do(lambda: self._update(fields))

    async def renew(self) -> None:
        """Have the lease begin anew. Raises LeaseLost."""
        began = self._clock()
        fields = {"lease_expires_at": after(LEASE_SECONDS)}
        await writer.do(lambda: self._update(fields))
        self._valid_until = began + LEASE_SECONDS

    def require_valid(self) -> None:
        """Raise LeaseLost when this process has slept longer than its lease.

        For what no transaction can fence: a request that is paid for.
        """
        if self._clock() >= self._valid_until:
            raise LeaseLost(f"Batch {self.batch.id} was held too long.")

    def _rows(self) -> Any:
        owned = Batch.objects.owned_by(OWNER, self.batch.epoch)
        return owned.filter(id=self.batch.id)

    def _require_own(self) -> None:
        # Locked until the job is done; SQLite has one writer anyway.
        if not self._rows().select_for_update().values_list("id", flat=True):
            raise LeaseLost(f"Batch {self.batch.id} is held by another owner.")

    def _update(self, fields: dict[str, Any]) -> None:
        if not self._rows().update(**fields):
            raise LeaseLost(f"Batch {self.batch.id} is held by another owner.")


@asynccontextmanager
async def holding(batch: Batch) -> AsyncGenerator[Hold]:
    """Renew the lease of a claimed batch as long as the block runs."""
    hold = Hold(batch)
    renewing = asyncio.get_running_loop().create_task(
        _renew(hold), name=f"lease of batch {batch.id}", context=contextvars.Context()
    )
    try:
        yield hold
    finally:
        renewing.cancel()
        await asyncio.wait([renewing])


async def _renew(hold: Hold) -> None:
    while True:
        await asyncio.sleep(RENEWAL_SECONDS)
        try:
            await hold.renew()
        except LeaseLost:
            # The next write says so to who works under it.
            return
        except DatabaseError as error:
            logger.warning("A lease of a batch could not be renewed: %s", error)
