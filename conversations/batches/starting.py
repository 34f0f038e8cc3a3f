"""What an owner does with a batch; each returns whether anything has changed."""

from django.db.models.functions import Now

from conversations.models import Batch, BatchState
from conversations.turns.writer import writer

from .keeper import batch_keeper

DELETABLE = (BatchState.DRAFT, BatchState.FAILED, BatchState.ENDED)


async def start(batch: Batch) -> bool:
    """Have a draft sent, or once more one that was not accepted; twice is once."""
    rows = Batch.objects.filter(
        id=batch.id, state__in=(BatchState.DRAFT, BatchState.FAILED), item_count__gt=0
    )
    changed = await writer.do(
        lambda: rows.update(
            state=BatchState.QUEUED,
            queued_at=Now(),
            look_at=Now(),
            error=None,
            failures=0,
            cancel_requested_at=None,
        )
    )
    batch_keeper.wake()
    return bool(changed)


async def cancel(batch: Batch) -> bool:
    """Have no more requests begun; those that began are answered and paid for."""
    rows = Batch.objects.open().filter(id=batch.id, cancel_requested_at=None)
    changed = await writer.do(
        lambda: rows.update(cancel_requested_at=Now(), look_at=Now())
    )
    batch_keeper.wake()
    return bool(changed)


async def delete(batch: Batch) -> bool:
    """Remove a batch that is not under way, with all that came of it."""
    rows = Batch.objects.filter(id=batch.id, state__in=DELETABLE)
    deleted, _ = await writer.do(rows.delete)
    return bool(deleted)
