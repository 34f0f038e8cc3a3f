"""Prompts with places for the values of a row: `Translate {{text}} into {{language}}`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .errors import BatchRefused

PLACE = re.compile(r"\{\{\s*([^{}\r\n]+?)\s*\}\}")
NAMED_COLUMNS = 20  # ours: more would be a wall of words


@dataclass(frozen=True)
class Template:
    """A prompt whose places are columns of one table."""

    text: str
    columns: Sequence[str]

    def __post_init__(self) -> None:
        """Raise BatchRefused for places that the table does not have."""
        names = PLACE.findall(self.text)
        missing = [
            name for name in dict.fromkeys(names) if name.casefold() not in self._places
        ]
        if missing:
            raise BatchRefused(
                f"The table has no column {_listed(missing)}. It has:"
                f" {_listed(self.columns)}.",
                "template",
            )
        if not names:
            raise BatchRefused(
                "The prompt names no column, so every row would ask the same. Write"
                f" {{{{{self.columns[0]}}}}} where the row's value belongs. The table"
                f" has: {_listed(self.columns)}.",
                "template",
            )

    def fill(self, cells: Sequence[str]) -> str:
        """Return the prompt of one row; what a cell says is never a place itself."""
        return PLACE.sub(lambda match: cells[self._index(match[1])], self.text)

    def has_values(self, cells: Sequence[str]) -> bool:
        """Whether the row says anything in one of the places."""
        names = PLACE.findall(self.text)
        return any(cells[self._index(name)].strip() for name in names)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name.casefold(): index for index, name in enumerate(self.columns)}

    def _index(self, name: str) -> int:
        return self._places[name.casefold()]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:NAMED_COLUMNS])
    more = len(names) - NAMED_COLUMNS
    return f"{shown} and {more} more" if more > 0 else shown
