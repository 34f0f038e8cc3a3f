"""Tables that people upload: CSV in the dialects that spreadsheets write."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conversations.attachments.errors import UploadRefused
from conversations.attachments.text import decode

from .errors import BatchRefused

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 1_000  # ours: no table of a person has more
MAX_CELL_CHARACTERS = 4_000_000  # ours: a cell may hold a long document


@dataclass(frozen=True)
class Row:
    """A row with as many cells as there are columns; `line` counts in the file."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """The heads of a table, and how to read its rows."""

    columns: list[str]
    text: str
    delimiter: str

    def rows(self) -> Iterator[Row]:
        """Yield the rows that are not empty. Raises BatchRefused."""
        reader = _reader(self.text, self.delimiter)
        try:
            next(reader)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield Row(reader.line_num, self._fitted(cells, reader.line_num))
        except csv.Error as error:
            raise _unreadable(reader.line_num, error) from error

    def _fitted(self, cells: list[str], line: int) -> list[str]:
        width = len(self.columns)
        if any(cell.strip() for cell in cells[width:]):
            raise BatchRefused(
                f"Line {line:,} has {len(cells)} cells, but there are only {width}"
                " columns. Put cells that contain commas in quotation marks.",
                "file",
            )
        return cells[:width] + [""] * (width - len(cells))


def read_table(content: bytes) -> Table:
    """Return the table in an uploaded file. Raises BatchRefused."""
    try:
        text = decode(content)
    except UploadRefused as refused:
        raise BatchRefused(
            "This file is no text that can be read. Save the table as CSV (UTF-8).",
            "file",
        ) from refused
    if not text.strip():
        raise BatchRefused("This file is empty.", "file")
    delimiter = max(DELIMITERS, key=lambda sign: len(_heads(text, sign)))
    columns = _heads(text, delimiter)
    _check_columns(columns)
    return Table(columns, text, delimiter)


def _heads(text: str, delimiter: str) -> list[str]:
    reader = _reader(text, delimiter)
    try:
        heads = next(reader)
    except csv.Error as error:
        raise _unreadable(reader.line_num, error) from error
    return [head.strip() for head in heads]


def _check_columns(columns: list[str]) -> None:
    if len(columns) > MAX_COLUMNS:
        raise BatchRefused(
            f"This table has {len(columns):,} columns, but at most {MAX_COLUMNS:,} are"
            " allowed.",
            "file",
        )
    seen = set()
    for number, name in enumerate(columns, 1):
        if not name:
            raise BatchRefused(
                f"Column {number} has no name. The first line of the file has to name"
                " all columns.",
                "file",
            )
        if name.casefold() in seen:
            raise BatchRefused(
                f"Two columns are named “{name}”. Give each its own name.", "file"
            )
        seen.add(name.casefold())


def _reader(text: str, delimiter: str) -> "Reader":
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    # Strict: a quotation mark that is never closed would swallow all other rows.
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _unreadable(line: int, error: csv.Error) -> BatchRefused:
    return BatchRefused(
        f"Line {line:,} is not readable as CSV: {error}. Save the table as CSV (UTF-8)"
        " anew.",
        "file",
    )
