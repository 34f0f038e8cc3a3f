"""Usage as a table for spreadsheets."""

import csv
import io
from collections.abc import Iterable

from .reports import COUNTED, MONEY, Month

# A cell that begins with one of these is a formula to spreadsheet programs.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def months_as_csv(months: Iterable[Month]) -> str:
    """Return one line for each month and model; amounts in USD, exact."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["month", "model", *COUNTED, *MONEY])
    for month in months:
        for line in month.models:
            sheet.writerow(
                [
                    f"{month.day:%Y-%m}",
                    _plain(line.model),
                    *(getattr(line, name) for name in COUNTED),
                    *(f"{getattr(line, name):f}" for name in MONEY),
                ]
            )
    return text.getvalue()


def _plain(cell: str) -> str:
    """Return text that no program takes for a formula: models are named upstream."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
