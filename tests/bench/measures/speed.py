"""How fast: the first delta, each delta, and how much one process takes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx

from tests.bench import servers
from tests.bench.bench import Bench, figures
from tests.bench.figures import Figure, percentiles
from tests.bench.plots import Plot
from tests.bench.rows import Limits, Row
from tests.bench.servers import Server
from tests.serving import ROOT

PLACES = {"raw": "raw", "floor": "floor", "colloquy": "one"}
GAVE_UP = "gave up"
NAMES = {"raw": "raw", "floor": "floor", "one": "Colloquy"}

# Turns at once -> limits of p50, p95, p99 in ms and of CPU per delta in us.
DEMANDS: dict[int, Limits] = {
    1: (1.5, 4, 6, None),
    100: (2, 5, 10, 300),
    300: (None, None, 300, None),
}

# Turns at once -> runs; the others are points of the plots only.
RUNS = {1: 3, 100: 3, 300: 2}

type Results = dict[str, list[Any]]


def measure(bench: Bench) -> list[Row]:
    """Return the rows on speed; the three servers take turns, run by run."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(servers.raw(bench.claude, bench.folder)),
            stack.enter_context(servers.floor(bench.claude, bench.folder)),
            stack.enter_context(
                servers.colloquy(bench.claude, bench.folder, data=bench.new_name())
            ),
        ]
        return [
            *turns(bench, running),
            *streams(bench, running),
            *flood(bench, running),
        ]


def turns(bench: Bench, running: list[Server]) -> list[Row]:
    """Measure short turns, one after another."""
    count = bench.size(100, 10)
    facts = {"turns": count, "warm_up": bench.size(20, 2), "deltas": 3}
    results = in_turn(bench, running, "turns", facts)
    for runs in results.values():
        for run in runs:
            run.update(percentiles(run["first_ms"]))
    return [
        first_delta({p: figures(runs, "p50", "p95") for p, runs in taken(results)}),
        turn_cost({p: figures(runs, "cpu_ms") for p, runs in taken(results)}),
    ]


def first_delta(measured: dict[str, list[Figure]]) -> Row:
    """Return the row on the time to the first delta."""
    return Row(
        "added to the first delta, 1 turn: p50 / p95 ms",
        "≤ 8 / 15, the commit included",
        measured,
        limits=dict.fromkeys(("one", "two"), (8, 15)),
    )


def turn_cost(measured: dict[str, list[Figure]]) -> Row:
    """Return the row on the CPU of a turn."""
    return Row("CPU per 3-delta turn, ms", "≤ 10", measured, limits={"one": (10,)})


def streams(bench: Bench, running: list[Server]) -> list[Row]:
    """Measure many turns at 30 deltas a second."""
    rows, latencies, costs = [], _Lines(), _Lines()
    for count in bench.size([1, 10, 30, 100, 300], [1, 5]):
        facts = {
            "turns": count,
            "rate": 30,
            "seconds": bench.size(3.0, 1.0),
            "upstream": bench.claude.port,
        }
        results = in_turn(bench, running, "streams", facts, RUNS.get(count, 1))
        for place, runs in taken(results):
            measured = figures(runs, "p50", "p95", "p99", "cpu_us")
            latencies.add(f"{NAMES[place]} p50", count, measured[0].median)
            latencies.add(f"{NAMES[place]} p99", count, measured[2].median)
            costs.add(NAMES[place], count, measured[3].median)
        if count in DEMANDS or bench.is_quick:
            rows.append(stream_row(count, results))
    turns_at_once = "turns at once, 30 deltas/s each"
    bench.plots += [
        Plot(
            name="added-per-delta",
            title="Added to a delta by the server",
            x_label=turns_at_once,
            y_label="ms",
            lines=latencies.lines,
            is_log=True,
        ),
        Plot(
            name="cpu-per-delta",
            title="CPU of the server for a delta",
            x_label=turns_at_once,
            y_label="µs per delta",
            lines=costs.lines,
        ),
    ]
    return rows


def stream_row(count: int, results: Results) -> Row:
    """Return the row for so many turns at once."""
    names = ("p50", "p95", "p99", "cpu_us")
    limits = DEMANDS.get(count, ())
    faults = [
        f"{place}: the streams had not all begun and ended in time"
        for place in ("one", "two")
        if results.get(place) == []
    ]
    faults += [
        f"{place}: {run['lost']} deltas lost, {run['doubled']} doubled"
        for place, runs in results.items()
        for run in runs
        if place in ("one", "two") and (run["lost"] or run["doubled"])
    ]
    demand = {
        1: "≤ 1.5 / 4 / 6",
        100: "≤ 2 / 5 / 10, ≤ 300 µs",
        300: "all delivered, none doubled; p99 ≤ 300, on two processes ≤ 40",
    }
    return Row(
        f"added per delta at 30/s, {count} turns: p50 / p95 / p99 ms / CPU µs",
        demand.get(count, ""),
        {place: figures(runs, *names) for place, runs in taken(results)},
        words={place: GAVE_UP for place, runs in results.items() if not runs},
        limits={"one": limits, "two": (None, None, 40) if count == 300 else limits},
        faults=tuple(dict.fromkeys(faults)),
    )


def flood(bench: Bench, running: list[Server]) -> list[Row]:
    """Measure what goes through at most, and the hub alone."""
    facts = {"turns": bench.size(20, 4), "deltas": bench.size(1500, 200)}
    results = in_turn(bench, running, "flood", facts)
    faults = tuple(
        "Not all deltas came." for run in results["one"] if not run["is_complete"]
    )
    alone = [_hub_alone(bench.size(60_000, 4_000)) for _ in bench.runs()]
    return [
        Row(
            "ceiling of one process, deltas/s",
            "≥ 9,000",
            {place: figures(runs, "per_second") for place, runs in taken(results)},
            limits={"one": (9000,)},
            is_floor=True,
            faults=faults,
        ),
        Row(
            "CPU at the ceiling, µs per delta",
            "≤ 100",
            {place: figures(runs, "cpu_us") for place, runs in taken(results)},
            limits={"one": (100,)},
        ),
        Row(
            "hub fan-out alone, events/s",
            "≥ 15,000",
            {"one": [Figure.of(alone)]},
            limits={"one": (15_000,)},
            is_floor=True,
        ),
    ]


def in_turn(
    bench: Bench,
    running: list[Server],
    load: str,
    facts: dict[str, Any],
    times: int = 3,
) -> Results:
    """Run a load against each server in turn, several times.

    A server that the load was too much for has fewer results, or none.
    """
    results: Results = {PLACES[server.name]: [] for server in running}
    for _ in bench.runs(times):
        for server in running:
            try:
                run = bench.drive(load, server, **facts)
            except subprocess.SubprocessError:
                # Its streams must not run on while the others are measured.
                httpx.get(f"http://127.0.0.1:{bench.claude.port}/stop")
            else:
                results[PLACES[server.name]].append(run)
    return results


def taken(results: Results) -> Iterator[tuple[str, list[Any]]]:
    """Give the places that finished a load at least once."""
    return ((place, runs) for place, runs in results.items() if runs)


class _Lines:
    def __init__(self) -> None:
        self.lines: dict[str, list[tuple[float, float]]] = {}

    def add(self, name: str, x: float, y: float) -> None:
        self.lines.setdefault(name, []).append((x, y))


def _hub_alone(events: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.hub_alone", str(events)],
        cwd=ROOT,
        env=servers.plain_environment(),
        capture_output=True,
        check=True,
    )
    return float(done.stdout)
