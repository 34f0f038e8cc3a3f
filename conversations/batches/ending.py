"""The end of a batch: every item has an outcome, and nobody looks after it any more."""

from typing import Any

from django.db.models.functions import Now

from conversations.models import (
    Batch,
    BatchItem,
    BatchSource,
    BatchState,
    ItemState,
)

from . import messages
from .holding import Hold
from .messages import Ended
from .words import CANCELLED, WITHOUT_RESULT

ERRORS = {ItemState.CANCELLED: CANCELLED, ItemState.UNKNOWN: WITHOUT_RESULT}


async def end_batch(
    hold: Hold, outcome: ItemState, error: dict[str, Any] | None = None
) -> None:
    """Close a batch; what still waits has `outcome`. Raises LeaseLost."""
    ended = await hold.do(
        lambda: _end(hold.batch, BatchState.ENDED, outcome, ERRORS[outcome], error)
    )
    messages.tell(ended)


async def fail_batch(hold: Hold, error: dict[str, Any]) -> None:
    """Note that the API has refused a batch: it can be started again. Raises LeaseLost.

    A message's turn ends with it, and is asked again from its conversation.
    """
    batch = hold.batch
    if batch.source == BatchSource.MESSAGE:
        ended = await hold.do(
            lambda: _end(batch, BatchState.ENDED, ItemState.ERRORED, error, error)
        )
        messages.tell(ended)
    else:
        await hold.write(
            state=BatchState.FAILED, error=error, look_at=None, sent_at=None
        )


def _end(
    batch: Batch,
    state: BatchState,
    outcome: ItemState,
    item_error: dict[str, Any],
    error: dict[str, Any] | None,
) -> list[Ended]:
    waiting = BatchItem.objects.filter(batch=batch, state=ItemState.WAITING)
    waiting.update(state=outcome, error=item_error)
    Batch.objects.filter(id=batch.id).update(
        state=state, ended_at=Now(), look_at=None, error=error
    )
    return messages.end_turns(batch)
