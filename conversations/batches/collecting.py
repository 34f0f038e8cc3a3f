"""A batch is asked how it stands, and its answers are fetched, each stored once."""

import logging
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from django.db.models import CharField, DecimalField, Field, TextField, UUIDField

from conversations.catalog import client_for
from conversations.claude import NotFound
from conversations.claude.batches import cancel_batch, get_batch, read_results
from conversations.models import (
    Batch,
    BatchItem,
    BatchState,
    ItemState,
    UsageRecord,
)
from conversations.models.prepared import PreparedUpdate
from conversations.models.wire import WireField
from conversations.turns.kept import plain_text
from conversations.usage.recording import record_of

from .booking import round_of
from .ending import end_batch
from .holding import Hold
from .messages import is_given_up
from .words import CANCELLED, EXPIRED, error_of, item_error

logger = logging.getLogger(__name__)

RESULTS_PER_WRITE = 50  # ours: others write in between
FORGOTTEN = error_of(
    "not_found",
    "Claude no longer has this batch or its answers, which are kept for 29 days.",
)
UNREADABLE = error_of("malformed_answer", "Claude's answer could not be read.")
OUTCOME: "dict[str, Field[Any, Any]]" = {
    "state": CharField(),
    "message": WireField(),
    "text": TextField(),
    "error": WireField(),
    "cost_usd": DecimalField(max_digits=14, decimal_places=8),
}
# Ten times as fast as bulk_update, and others write in between.
_store_outcome = PreparedUpdate(
    lambda id, **outcome: (BatchItem.objects.filter(id=id), outcome),
    id=UUIDField(),
    **OUTCOME,
)


async def ask(hold: Hold) -> None:
    """Ask how a running batch stands; pass on that it is to be cancelled."""
    batch = hold.batch
    client = await client_for(batch.model)
    try:
        found = await get_batch(client, batch.upstream_id)
        is_going_on = found.get("processing_status") == "in_progress"
        if is_going_on and await _is_unwanted(batch):
            found = await cancel_batch(client, batch.upstream_id)
    except NotFound:
        return await end_batch(hold, ItemState.UNKNOWN, FORGOTTEN)
    has_ended = found.get("processing_status") == "ended"
    state = BatchState.COLLECTING if has_ended else BatchState.RUNNING
    progress = found.get("request_counts")
    return await hold.write(state=state, progress=progress, error=None, failures=0)


async def _is_unwanted(batch: Batch) -> bool:
    return batch.cancel_requested_at is not None or await is_given_up(batch)


async def collect(hold: Hold) -> None:
    """Fetch the answers of a batch that has ended at Claude's, and end it here.

    Interrupted, it is begun anew: an item that has its outcome keeps it.
    """
    batch = hold.batch
    client = await client_for(batch.model)
    chunk: list[dict[str, Any]] = []
    try:
        async with aclosing(read_results(client, batch.upstream_id)) as results:
            async for result in results:
                chunk.append(result)
                if len(chunk) >= RESULTS_PER_WRITE:
                    await _store(hold, chunk)
                    chunk = []
    except NotFound:
        return await end_batch(hold, ItemState.UNKNOWN, FORGOTTEN)
    await _store(hold, chunk)
    return await end_batch(hold, ItemState.UNKNOWN)


async def _store(hold: Hold, results: Sequence[dict[str, Any]]) -> None:
    by_id = {result["custom_id"]: result["result"] for result in results}

    def store() -> None:
        waiting = BatchItem.objects.filter(
            batch=hold.batch, custom_id__in=by_id, state=ItemState.WAITING
        )
        items = list(waiting.only("id", "custom_id", "turn_id"))
        booked = []
        for item in items:
            _apply(item, by_id[item.custom_id])
            # A turn books its answer itself, when it ends.
            if item.message is not None and item.turn_id is None:
                record = _record(item.message, hold.batch)
                item.cost_usd = record.cost_usd
                booked.append(record)
            _store_outcome.run(
                id=item.id, **{name: getattr(item, name) for name in OUTCOME}
            )
        UsageRecord.objects.bulk_create(booked)

    if by_id:
        await hold.do(store)


def _apply(item: BatchItem, result: dict[str, Any]) -> None:
    item.text, item.message, item.cost_usd = "", None, None
    match result.get("type"):
        case "succeeded" if _is_message(result.get("message")):
            message = result["message"]
            item.state, item.error = ItemState.SUCCEEDED, None
            item.message, item.text = message, plain_text(message["content"])
        case "errored":
            item.state, item.error = ItemState.ERRORED, item_error(result)
        case "canceled":
            item.state, item.error = ItemState.CANCELLED, CANCELLED
        case "expired":
            item.state, item.error = ItemState.EXPIRED, EXPIRED
        case other:
            logger.warning("The result of %s is of type %s.", item.custom_id, other)
            item.state, item.error = ItemState.ERRORED, UNREADABLE


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("usage"), dict):
        return False
    content = message.get("content")
    return isinstance(content, list) and all(
        isinstance(block, dict)
        and isinstance(block.get("type"), str)
        and (block["type"] != "text" or isinstance(block.get("text"), str))
        for block in content
    )


def _record(message: dict[str, Any], batch: Batch) -> UsageRecord:
    return record_of(round_of(message, batch.model, payer_id=batch.owner_id))
