"""The end of a batch: every item has an outcome, and nobody looks after it any more."""

from typing import Any

from django.db.models.functions import Now

from conversations.models import Batch, BatchItem, BatchState, ItemState

from .holding import Hold
from .words import CANCELLED, WITHOUT_RESULT

ERRORS = {ItemState.CANCELLED: CANCELLED, ItemState.UNKNOWN: WITHOUT_RESULT}


async def end_batch(
    hold: Hold, outcome: ItemState, error: dict[str, Any] | None = None
) -> None:
    """Close a batch; what still waits has `outcome`. Raises LeaseLost."""

    def end() -> None:
        waiting = BatchItem.objects.filter(batch=hold.batch, state=ItemState.WAITING)
        waiting.update(state=outcome, error=ERRORS[outcome])
        Batch.objects.filter(id=hold.batch.id).update(
            state=BatchState.ENDED, ended_at=Now(), look_at=None, error=error
        )

    await hold.do(end)
