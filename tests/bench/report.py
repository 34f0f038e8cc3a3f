"""The table, printed and as docs/benchmarks.md."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from .plots import Plot
from .rows import PLACES, Row

HEADS = (
    *("measure", "raw", "floor", "one process", "two processes"),
    *("to floor", "demand", "met"),
)

INTRODUCTION = """\
# Benchmarks

`make bench` writes this page. Every row is measured in the same run on the same machine
for three servers that answer the same clients from the same synthetic upstream:

* **raw**: a bare asyncio relay, aiohttp on both sides, nothing kept (`tests/bench/raw.py`);
* **floor**: a Channels consumer and httpx under stock Daphne, nothing else
  (`tests/bench/floor.py`);
* **Colloquy**: the real server as people run it, on SQLite with `synchronous=FULL`; on
  two processes with PostgreSQL and Redis. Log-in, rights, acceptance, checkpoints, usage
  and titles are all included.

Upstream and clients are processes of their own and share the machine's cores with the
server. A delta carries the moment it was sent, so "added" is what the server adds, end
to end. Figures are medians of the runs; "to floor" is the first figure of one process
divided by the floor's.
"""
NOTES = """\
## How to read it

* *Added to the first delta* runs from the client's command to the first delta, less the
  time between the request's arrival at the upstream and its first delta. In Colloquy the
  message and the turn are committed to disk within it.
* *CPU per 3-delta turn* counts all threads of the server. A conversation has ten turns,
  so a tenth of the turns also have their title made.
* *First page* is what a person waits for; what sending needs follows when idle.
* *The ceiling* counts deltas as the upstream sent them. Those that came together are
  published as one, which is most of why it lies so high above what single ones cost.
* *Stalled readers* are compared with the same readers reading, since a running answer
  is kept in memory either way. PostgreSQL runs without fsync in these measurements.
* Losses after a kill, a freeze or an outage are counted over many runs in
  [reliability.md](reliability.md); here is only a sample.
"""


def table(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """Return the cells of the table, heads first."""
    lines: list[tuple[str, ...]] = [HEADS]
    for row in rows:
        cells = (row.cell(place) for place in PLACES)
        lines.append((row.measure, *cells, row.ratio, row.demand, row.verdict))
    return lines


def as_text(rows: Iterable[Row]) -> str:
    """Return the table for a terminal."""
    lines = table(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def write(docs: Path, rows: list[Row], plots: list[Plot], machine: list[str]) -> None:
    """Write benchmarks.md and its plots into a folder."""
    pictures = docs / "benchmarks"
    pictures.mkdir(parents=True, exist_ok=True)
    for plot in plots:
        (pictures / f"{plot.name}.svg").write_text(plot.as_svg())
    parts = [
        INTRODUCTION,
        _facts(machine),
        _markdown(table(rows)),
        *_faults(rows),
        NOTES,
        "## Growth\n",
        *(f"![{plot.title}](benchmarks/{plot.name}.svg)\n" for plot in plots),
        "## Spread of the runs\n",
        _markdown(list(_spreads(rows))),
    ]
    (docs / "benchmarks.md").write_text("\n".join(parts))


def _facts(machine: list[str]) -> str:
    day = datetime.now(UTC).date().isoformat()
    return "\n".join(f"* {fact}" for fact in [f"measured on {day}", *machine]) + "\n"


def _markdown(lines: list[tuple[str, ...]]) -> str:
    heads, *others = lines
    ruled = [heads, ("---",) * len(heads), *others]
    return "\n".join(f"| {' | '.join(line)} |" for line in ruled) + "\n"


def _faults(rows: Iterable[Row]) -> list[str]:
    faults = [f"* {row.measure}: {fault}" for row in rows for fault in row.faults]
    return ["What went wrong:\n", *faults, ""] if faults else []


def _spreads(rows: Iterable[Row]) -> Iterable[tuple[str, ...]]:
    yield ("measure", "where", "median (lowest to highest run)")
    for row in rows:
        for place, figures in row.figures.items():
            runs = " / ".join(figure.with_spread for figure in figures)
            yield (row.measure, place, runs)
