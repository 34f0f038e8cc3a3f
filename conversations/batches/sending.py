"""A batch goes out: once, whatever breaks on the way.

Before the body goes out the row says so. If nobody knows afterwards whether the API has
taken it (a broken connection, a process that died), it is looked for in the API's list,
and only sent again when it is certainly not there.
"""

import logging
import tempfile
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import IO, Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime

from conversations.catalog import card_for, client_for
from conversations.claude import (
    AuthenticationFailed,
    BillingFailed,
    ClaudeClient,
    ClaudeError,
    Conflicted,
    InvalidRequest,
    NotFound,
    NotOffered,
    PermissionDenied,
    RateLimited,
    Redirected,
    RequestRejected,
    RequestTooLarge,
    SpendLimitReached,
)
from conversations.claude.batches import (
    MAX_BODY_BYTES,
    create_batch,
    list_batches,
    read_results,
)
from conversations.models import Batch, BatchItem, BatchState, ItemState
from conversations.models.clock import database_now
from conversations.models.reading import read

from .ending import end_batch, fail_batch
from .holding import Hold
from .messages import is_given_up, prepare
from .requests import Writing
from .words import error_of, trouble_of

logger = logging.getLogger(__name__)

# It was not taken, and the same body will not be.
REFUSALS = (
    AuthenticationFailed,
    BillingFailed,
    InvalidRequest,
    NotFound,
    NotOffered,
    PermissionDenied,
    Redirected,
    RequestRejected,
    RequestTooLarge,
    SpendLimitReached,
)
# It was not taken, but may be later.
NOT_NOW = (Conflicted, RateLimited)
SETTLING_SECONDS = 60.0  # ours: until then a batch may appear whose sender gave up
CLOCKS_APART = timedelta(minutes=10)  # ours: the API's clock and the database's
FILE_GONE = error_of("file_gone", "The file was deleted before it could be sent.")
TOO_LARGE = error_of(
    "request_too_large",
    f"All requests together have more than {MAX_BODY_BYTES // 1024 // 1024} MB, which is"
    " the most that one batch takes. Make two batches of it.",
)
UNCERTAIN = error_of(
    "connection_failed",
    "The connection broke while the batch was sent. It is being found out whether Claude"
    " has it, so that nothing is paid for twice.",
)


async def send(hold: Hold) -> None:
    """Send a queued batch. Raises ClaudeError when it has to wait; the row says why."""
    batch = hold.batch
    if batch.cancel_requested_at is not None or await is_given_up(batch):
        await end_batch(hold, ItemState.CANCELLED)
        return
    await prepare(hold)
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        writing = Writing(batch, await read(card_for, batch.model))
        await read(writing.run, file)
        if writing.lost:
            await hold.do(lambda: _lose(writing.lost))
        if not writing.count:
            await end_batch(hold, ItemState.UNKNOWN)
        elif writing.size_bytes > MAX_BODY_BYTES:
            await fail_batch(hold, TOO_LARGE)
        else:
            await _create(hold, file, writing)


async def find_again(hold: Hold) -> None:
    """Look for a batch that may have been sent; queue it again if it was not."""
    batch = hold.batch
    assert batch.sent_at is not None
    client = await client_for(batch.model)
    may_be_ours = await _candidates(client, batch, batch.sent_at)
    for listed in may_be_ours:
        if listed.get("processing_status") == "ended" and await _is_ours(
            client, batch, listed["id"]
        ):
            await _adopt(hold, listed)
            return
    # Whose one is that still runs shows only in its results.
    is_undecided = any(
        listed.get("processing_status") != "ended" for listed in may_be_ours
    )
    age = await read(database_now) - batch.sent_at
    if is_undecided or age < timedelta(seconds=SETTLING_SECONDS):
        await hold.write(error=UNCERTAIN)
        return
    logger.warning("Batch %s has not arrived and is sent again.", batch.id)
    await hold.write(state=BatchState.QUEUED, sent_at=None, error=None, look_at=Now())


async def _create(hold: Hold, file: IO[bytes], writing: Writing) -> None:
    client = await client_for(hold.batch.model)
    # From here on it may be there, whatever becomes of this process.
    await hold.write(state=BatchState.SENDING, sent_at=Now(), sent_count=writing.count)
    hold.require_valid()
    try:
        betas = tuple(sorted(writing.betas))
        created = await create_batch(client, file, writing.size_bytes, betas)
    except REFUSALS as error:
        await fail_batch(hold, trouble_of(error))
    except NOT_NOW:
        await hold.write(state=BatchState.QUEUED, sent_at=None)
        raise
    except ClaudeError:
        await hold.write(error=UNCERTAIN)
        raise
    else:
        await _adopt(hold, created)


async def _adopt(hold: Hold, created: dict[str, Any]) -> None:
    await hold.write(
        state=BatchState.RUNNING,
        upstream_id=created["id"],
        progress=created.get("request_counts"),
        expires_at=_moment(created.get("expires_at")),
        error=None,
        failures=0,
    )


async def _candidates(
    client: ClaudeClient, batch: Batch, sent_at: datetime
) -> list[dict[str, Any]]:
    """Return the API's batches that could be this one, newest first."""
    found = []
    async with aclosing(list_batches(client)) as listed_batches:
        async for listed in listed_batches:
            created = _moment(listed.get("created_at"))
            if created is not None and created < sent_at - CLOCKS_APART:
                break
            counts = listed.get("request_counts") or {}
            if sum(counts.values()) == batch.sent_count:
                found.append(listed)
    known = await read(_known, [listed["id"] for listed in found])
    return [listed for listed in found if listed["id"] not in known]


def _known(upstream_ids: list[str]) -> set[str]:
    rows = Batch.objects.filter(upstream_id__in=upstream_ids)
    return set(rows.values_list("upstream_id", flat=True))


async def _is_ours(client: ClaudeClient, batch: Batch, upstream_id: str) -> bool:
    async with aclosing(read_results(client, upstream_id)) as results:
        async for result in results:
            return str(result["custom_id"]).startswith(f"{batch.id.hex}-")
    return False


def _lose(item_ids: list[Any]) -> None:
    lost = BatchItem.objects.filter(id__in=item_ids)
    lost.update(state=ItemState.ERRORED, error=FILE_GONE)


def _moment(text: object) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None
