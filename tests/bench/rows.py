"""One line of the table: what was measured where, and what was demanded."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .figures import Figure

NOTHING = "-"
PLACES = ("raw", "floor", "one", "two")

# A limit per figure; None asks nothing of that one.
type Limits = tuple[float | None, ...]


@dataclass(frozen=True)
class Row:
    """One measure.

    `figures` and `words` are by place: raw, floor, one process of Colloquy, two. Words
    stand behind the figures, or in their place. `limits` are at most, or at least when
    `is_floor`. `faults` are demands that are not a number and did not hold.
    """

    measure: str
    demand: str
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    limits: dict[str, Limits] = field(default_factory=dict)
    is_floor: bool = False
    faults: tuple[str, ...] = ()

    def cell(self, place: str) -> str:
        """Return what the table says for a place."""
        figures = " / ".join(str(figure) for figure in self.figures.get(place, []))
        words = self.words.get(place, "")
        return " ".join(part for part in (figures, words) if part) or NOTHING

    @property
    def ratio(self) -> str:
        """One process against the floor, else against raw: the first figure."""
        ours = self.figures.get("one")
        theirs = self.figures.get("floor") or self.figures.get("raw")
        if not ours or not theirs or theirs[0].median <= 0:
            return NOTHING
        mark = "" if self.figures.get("floor") else " raw"
        return f"{ours[0].median / theirs[0].median:.1f}{mark}"

    @property
    def verdict(self) -> str:
        """Return yes, no, or a dash when nothing demanded was measured."""
        measured = [
            (figure.median, limit)
            for place, limits in self.limits.items()
            for figure, limit in zip(self.figures.get(place, []), limits, strict=False)
            if limit is not None
        ]
        if self.faults:
            return "no"
        if not measured:
            return NOTHING
        holds = all(
            value >= limit if self.is_floor else value <= limit
            for value, limit in measured
        )
        return "yes" if holds else "no"


def merged(rows: Iterable[Row]) -> list[Row]:
    """Join rows of one measure that were taken at different places."""
    found: dict[str, Row] = {}
    for row in rows:
        known = found.get(row.measure)
        found[row.measure] = row if known is None else _join(known, row)
    return list(found.values())


def _join(first: Row, second: Row) -> Row:
    return replace(
        first,
        demand=first.demand or second.demand,
        figures=first.figures | second.figures,
        words=first.words | second.words,
        limits=first.limits | second.limits,
        faults=first.faults + second.faults,
    )
