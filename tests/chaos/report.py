"""What the campaigns measured: a table for the terminal, and docs/reliability.md."""

import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.chaos.campaign import Result
from tests.chaos.campaigns import CAMPAIGNS
from tests.chaos.cluster_program import ROOT
from tests.postgres import find_programs

REPORT = ROOT / "docs" / "reliability.md"
PACKAGES = ("Django", "channels", "daphne", "httpx", "psycopg", "redis")

HEAD = """\
# What it survives

`make chaos` runs these campaigns against the real server, in processes of its own,
with the simulator playing Claude on a port, and writes this page. The server is killed,
frozen, stopped, cut off and starved; what people had been told and shown is then
compared with what is stored. A demand that was missed stands here as missed.

One of them alone: `python -m tests.chaos --only kill`. A few seconds of each are part of
`make test`: `python -m tests.chaos --scale short`. The same seed draws the same moments;
what the machine does at these moments remains its own.
"""


def summary(result: Result) -> str:
    """Return one result in a few lines."""
    verdict = "met" if result.passed else "MISSED"
    lines = [f"  {verdict} in {result.seconds:.0f} s: {result.measured}"]
    return "\n".join([*lines, *(f"  - {detail}" for detail in result.details)])


def table(results: Sequence[Result]) -> str:
    """Return all results as a Markdown table."""
    rows = [
        "| Campaign | Runs | Demand | Measured | |",
        "|---|---:|---|---|---|",
        *(
            f"| {result.name} | {result.runs:,} | {_cell(result.demand)}"
            f" | {_cell(result.measured)} | {'met' if result.passed else '**missed**'} |"
            for result in results
        ),
    ]
    return "\n".join(rows)


def write(names: Sequence[str], results: Sequence[Result], load: float) -> None:
    """Write the page.

    `names` are the campaigns' names in the order of the results, `load` is the load
    average before the first: what else the machine had to do.
    """
    took = sum(result.seconds for result in results) / 60
    parts = [
        HEAD,
        table(results) + "\n",
        f"All of it took {took:.0f} minutes on {datetime.now(UTC):%Y-%m-%d}.\n",
        *(_section(name, result) for name, result in zip(names, results, strict=True)),
        "## Measured with\n\n"
        + "\n".join(f"- {line}" for line in [*surroundings(), _busy(load)]),
    ]
    REPORT.write_text("\n".join(parts) + "\n")


def surroundings() -> list[str]:
    """Return the machine and the versions of everything that took part."""
    cores = len(os.sched_getaffinity(0))
    programs = find_programs()
    return [
        f"{cores} cores ({platform.machine()}), {_memory_gib():.0f} GiB of memory,"
        f" {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        f"SQLite {sqlite3.sqlite_version},"
        f" {_version_of(programs / 'postgres' if programs else None)},"
        f" {_version_of(shutil.which('redis-server'))}",
    ]


def _busy(load: float) -> str:
    return f"Load average of the machine before it began: {load:.2f}"


def _section(name: str, result: Result) -> str:
    listed = CAMPAIGNS[name]
    verdict = "Met" if result.passed else "**Missed**"
    return "\n".join(
        [
            f"## {listed.title}",
            "",
            listed.about,
            "",
            f"- Demand: {result.demand}",
            f"- Measured: {result.measured}",
            f"- {verdict}; {result.runs:,} runs in {result.seconds:.0f} s,"
            f" seed {result.seed}",
            *(f"- {_line(detail)}" for detail in result.details),
            "",
        ]
    )


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    return " ".join(text.split())


def _memory_gib() -> float:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return pages / 2**30


def _version_of(program: str | Path | None) -> str:
    if program is None:
        return "none installed"
    run = subprocess.run([program, "--version"], check=True, capture_output=True)
    return run.stdout.decode().strip().split(" malloc")[0]
