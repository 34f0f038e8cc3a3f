"""Measure Colloquy: `python -m tests.bench [--only NAME] [--quick] [--docs FOLDER]`."""

import argparse
import logging
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError

from tests.serving import ROOT

from . import machine, report, servers
from .bench import Bench
from .measures import MEASURES
from .rows import Row, merged

# A server that does not start or answer, a driver that gave up.
FAILURES = (subprocess.SubprocessError, OSError, RuntimeError, PlaywrightError)


def main(arguments: list[str] | None = None) -> None:
    """Take the chosen measures, print the table and write the page."""
    options = _parse(arguments)
    load = machine.load_average()
    if load > machine.QUIET_LOAD:
        _say(f"Warning: the load average is {load:.2f}; the figures will be too high.")
    with (
        tempfile.TemporaryDirectory(prefix="colloquy-bench-") as folder,
        servers.upstream(Path(folder)) as claude,
    ):
        bench = Bench(Path(folder), claude, options.quick)
        rows = merged(_take(bench, options.only))
    sys.stdout.write(report.as_text(rows) + "\n")
    for row in rows:
        for fault in row.faults:
            _say(f"{row.measure}: {fault}")
    if options.docs is not None:
        report.write(options.docs, rows, bench.plots, machine.describe(load))
        _say(f"Written: {options.docs / 'benchmarks.md'}")


def _take(bench: Bench, only: list[str]) -> list[Row]:
    rows: list[Row] = []
    for name in only or MEASURES:
        began = time.monotonic()
        try:
            rows += MEASURES[name](bench)
        except FAILURES as error:
            # The other measures are worth their while all the same.
            rows.append(
                Row(
                    f"all of {name}",
                    "",
                    faults=(f"not measured: {type(error).__name__}",),
                )
            )
        _say(f"{name}: {time.monotonic() - began:.0f} s")
    return rows


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(MEASURES), default=[])
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one run each")
    parser.add_argument("--docs", type=Path, help="where to write; a full run: docs/")
    options = parser.parse_args(arguments)
    if options.docs is None and not (options.quick or options.only):
        options.docs = ROOT / "docs"
    return options


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    logging.getLogger("httpx").setLevel(logging.WARNING)
    main()
