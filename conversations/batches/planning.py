"""From a prompt and a table or files to the requests of a batch, limits checked first."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import Any

from conversations.claude.batches import MAX_BODY_BYTES, MAX_REQUESTS
from conversations.models import (
    Attachment,
    Batch,
    BatchItem,
    BatchSource,
    ItemState,
    ModelCard,
)
from conversations.models.reading import read
from conversations.models.wire import Block, dump, storable
from conversations.prompts import compatibility
from conversations.prompts.budget import encoded_size
from conversations.prompts.composing import user_blocks
from conversations.turns.writer import writer

from .errors import BatchRefused
from .requests import envelope_bytes
from .tables import Table
from .templates import Template

ITEMS_PER_WRITE = 100  # ours: others write in between
MEBIBYTE = 1024 * 1024
NOTHING_ASKED = {
    "type": "nothing_asked",
    "message": "The row has no value in any place of the prompt, so nothing was asked.",
    "request_id": None,
}


@dataclass(frozen=True)
class Planned:
    """One request to be; `files_bytes` is what its file weighs on the wire."""

    cells: Sequence[str]
    content: list[Block]
    files_bytes: int = 0
    error: dict[str, Any] | None = None


@dataclass(frozen=True)
class Plan:
    """What a batch is made of; `items` may be called more than once."""

    source: BatchSource
    columns: Sequence[str]
    items: Callable[[], Iterator[Planned]]


def plan_rows(table: Table, prompt: str) -> Plan:
    """Ask a prompt of every row. Raises BatchRefused."""
    template = Template(prompt, table.columns)

    def items() -> Iterator[Planned]:
        for row in table.rows():
            content = user_blocks(template.fill(row.cells), [])
            error = None if template.has_values(row.cells) else NOTHING_ASKED
            yield Planned(row.cells, content, error=error)

    return Plan(BatchSource.ROWS, table.columns, items)


def plan_files(files: Sequence[Attachment], prompt: str, card: ModelCard) -> Plan:
    """Ask a prompt of every file. Raises BatchRefused."""
    if not prompt.strip():
        raise BatchRefused("Write what is asked of each file.", "template")
    for file in files:
        problem = compatibility.check(card, [file], "", "")
        if problem is not None:
            raise BatchRefused(f"{file.name}: {problem.message}", "file")

    def items() -> Iterator[Planned]:
        for file in files:
            content = user_blocks(prompt, [file])
            yield Planned([file.name], content, encoded_size(file))

    return Plan(BatchSource.FILES, ["file"], items)


async def make_draft(batch: Batch, plan: Plan, card: ModelCard) -> Batch:
    """Store a batch with its items, not yet started. Raises BatchRefused.

    What a draft that was never finished leaves has no count, and is removed later.
    """
    measured = await read(_measure, plan, batch, card)
    batch.source, batch.columns = plan.source, [*plan.columns]
    await writer.do(batch.save)
    rows = _rows(batch, plan)
    while chunk := await asyncio.to_thread(next, rows, None):
        await writer.do(partial(BatchItem.objects.bulk_create, chunk))
    batch.item_count, batch.size_bytes = measured
    await writer.do(lambda: batch.save(update_fields=["item_count", "size_bytes"]))
    return batch


def _measure(plan: Plan, batch: Batch, card: ModelCard) -> tuple[int, int]:
    """Return how many requests there are and their bytes. Raises BatchRefused."""
    envelope = envelope_bytes(batch, card)
    count = size_bytes = asked = 0
    for item in plan.items():
        count += 1
        asked += item.error is None
        size_bytes += len(dump(item.content)) + item.files_bytes + envelope
        if count > MAX_REQUESTS:
            raise BatchRefused(
                f"There are more than {MAX_REQUESTS:,} rows, which is the most that one"
                " batch takes. Split the table.",
                "file",
            )
        if size_bytes > MAX_BODY_BYTES:
            raise BatchRefused(
                f"All requests together have more than {MAX_BODY_BYTES // MEBIBYTE} MB"
                f" (reached with request {count:,}), which is the most that one batch"
                " takes. Split the table, or shorten the prompt.",
                "file",
            )
    if not asked:
        raise BatchRefused(
            "There is nothing to ask: the file has no row with a value in the places of"
            " the prompt.",
            "file",
        )
    return count, size_bytes


def _rows(batch: Batch, plan: Plan) -> Iterator[list[BatchItem]]:
    for chunk in batched(enumerate(plan.items()), ITEMS_PER_WRITE, strict=False):
        yield [_item(batch, position, planned) for position, planned in chunk]


def _item(batch: Batch, position: int, planned: Planned) -> BatchItem:
    return BatchItem(
        batch=batch,
        position=position,
        # By it a batch is known as ours, whatever else the key is used for.
        custom_id=f"{batch.id.hex}-{position}",
        cells=[storable(cell) for cell in planned.cells],
        content=planned.content,
        state=ItemState.ERRORED if planned.error else ItemState.WAITING,
        error=planned.error,
    )
