"""Excel workbooks, sheet by sheet as CSV, with the values that Excel last computed."""

import csv
import datetime
from collections.abc import Iterable
from io import BytesIO, StringIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from conversations.attachments.limits import MAX_TEXT_CHARACTERS


def text_of(content: bytes) -> str:
    """Return the cells of all sheets. Formulas count as their values."""
    book = openpyxl.load_workbook(
        BytesIO(content), read_only=True, data_only=True, keep_links=False
    )
    text = StringIO()
    for sheet in book.worksheets:
        # What a sheet says of its size is not to be relied on.
        sheet.reset_dimensions()
        text.write(f"# Sheet: {sheet.title}\n\n")
        _write_rows(sheet.iter_rows(values_only=True), text)
        text.write("\n")
    return text.getvalue()


def _write_rows(rows: Iterable[tuple[Any, ...]], text: StringIO) -> None:
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        cells = [_cell(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            writer.writerow(cells)
        if text.tell() > MAX_TEXT_CHARACTERS:
            return  # Long enough to be refused.


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime):
        is_day = value.time() == datetime.time()
        return str(value.date() if is_day else value)
    return str(value)
