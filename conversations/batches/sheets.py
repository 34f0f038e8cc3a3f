"""The results of a batch as files: CSV for spreadsheets, JSONL for programs."""

import csv
import io
import json
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

from conversations.models import Batch, BatchItem, ItemState
from conversations.models.reading import read

ITEMS_AT_ONCE = 200  # ours: of which a reader's memory knows nothing
RESULT_COLUMNS = (
    "answer",
    "outcome",
    "error",
    "stop_reason",
    "input_tokens",
    "output_tokens",
    "cost_usd",
)
# Spreadsheet programs take a cell that begins so for a formula, whoever wrote it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else


async def as_csv(batch: Batch) -> AsyncGenerator[str]:
    """Yield the table with what came of each row."""
    heads = [*batch.columns, *RESULT_COLUMNS]
    yield BYTE_ORDER_MARK + _lines([heads])
    async for text in _chunks(batch, lambda items: _lines(map(_cells, items))):
        yield text


async def as_jsonl(batch: Batch) -> AsyncGenerator[str]:
    """Yield `{"custom_id", "row", "result"}` of each request, in the table's order."""
    columns: list[str] = batch.columns
    async for text in _chunks(
        batch,
        lambda items: "".join(
            json.dumps(_line(item, columns)) + "\n" for item in items
        ),
    ):
        yield text


async def _chunks(
    batch: Batch, text_of: Callable[[list[BatchItem]], str]
) -> AsyncGenerator[str]:
    position = -1
    while items := await read(_following, batch, position):
        yield text_of(items)
        position = items[-1].position


def _following(batch: Batch, position: int) -> list[BatchItem]:
    following = batch.items.filter(position__gt=position).order_by("position")
    return list(following.defer("content")[:ITEMS_AT_ONCE])


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerows([_plain(str(cell)) for cell in row] for row in rows)
    return text.getvalue()


def _cells(item: BatchItem) -> list[Any]:
    return [
        *item.cells,
        item.text,
        item.state,
        (item.error or {}).get("message", ""),
        item.stop_reason,
        item.usage.get("input_tokens", ""),
        item.usage.get("output_tokens", ""),
        "" if item.cost_usd is None else f"{item.cost_usd.normalize():f}",
    ]


def _line(item: BatchItem, columns: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {"type": item.state}
    if item.state == ItemState.SUCCEEDED:
        result["message"] = item.message
    elif item.error is not None:
        result["error"] = item.error
    return {
        "custom_id": item.custom_id,
        "row": dict(zip(columns, item.cells, strict=True)),
        "result": result,
    }


def _plain(cell: str) -> str:
    """Return a cell that is no formula; a number stays one."""
    if not cell.startswith(FORMULA_STARTS) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
