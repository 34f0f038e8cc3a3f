"""Usage as a table for spreadsheets."""

import csv
import io
from collections.abc import Iterable

from .reports import COUNTED, MONEY, Month

# A cell that begins with one of these is a formula to spreadsheet programs.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def months_as_csv(months: Iterable[Month], heading: str) -> str:
    """Return a row for each line of each month; amounts in USD, exact.

    They are empty where no request of a line has a known price.
    """
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["month", heading, *COUNTED, *MONEY])
    for month in months:
        for line in month.lines:
            sheet.writerow(
                [
                    f"{month.day:%Y-%m}",
                    _plain(line.key),
                    *(getattr(line, name) for name in COUNTED),
                    *(
                        f"{getattr(line, name):f}" if line.is_known else ""
                        for name in MONEY
                    ),
                ]
            )
    return text.getvalue()


def _plain(cell: str) -> str:
    """Return text that no program takes for a formula: models are named upstream."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
