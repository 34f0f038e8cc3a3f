"""Two processes on PostgreSQL and Redis: the same streams, the relay, Stop from afar."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict

from tests.bench import servers
from tests.bench.bench import Bench, figures
from tests.bench.cluster import Cluster, lack, running_cluster
from tests.bench.figures import Figure, percentiles
from tests.bench.rows import Row
from tests.bench.servers import Server

from .speed import first_delta, stream_row, turn_cost

HOP = "relay hop between processes: + p50 / p99 ms"
HOP_DEMAND = "≤ 5 / 12"
CANCEL = "cancel to upstream closed, ms"


def measure(bench: Bench) -> list[Row]:
    """Return the rows on two processes, or say why there are none."""
    if reason := lack():
        return [Row(HOP, HOP_DEMAND, words={"two": f"not run: {reason}"})]
    with running_cluster(bench.folder) as cluster:
        with pair(bench, cluster, "all", "all") as (first, second):
            rows = [
                *_turns(bench, first),
                *_streams(bench, first, second),
                _hop(bench, first, second),
                _cancel(bench, first, second),
            ]
        with pair(bench, cluster, "web", "worker") as (web, _worker):
            rows.append(_apart(bench, web))
        return rows


@contextmanager
def pair(bench: Bench, cluster: Cluster, *roles: str) -> Iterator[list[Server]]:
    """Run two processes of Colloquy on one database."""
    key = secrets.token_urlsafe(64)
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                servers.colloquy(
                    bench.claude,
                    bench.folder,
                    role=role,
                    data=bench.new_name(),
                    DATABASE_URL=cluster.database_url,
                    REDIS_URL=cluster.redis_url,
                    SECRET_KEY=key,  # sessions are read by both
                )
            )
            for role in roles
        ]


def _turns(bench: Bench, first: Server) -> list[Row]:
    facts = {"turns": bench.size(100, 10), "warm_up": bench.size(20, 2), "deltas": 3}
    runs = [bench.drive("turns", first, **facts) for _ in bench.runs()]
    for run in runs:
        run.update(percentiles(run["first_ms"]))
    return [
        first_delta({"two": figures(runs, "p50", "p95")}),
        turn_cost({"two": figures(runs, "cpu_ms")}),
    ]


def _streams(bench: Bench, first: Server, second: Server) -> list[Row]:
    """Spread the sockets over both: each answers the turns that it accepted."""
    rows = []
    for count in bench.size([100, 300], [5]):
        runs = [
            bench.drive(
                "streams",
                first,
                turns=count,
                rate=30,
                seconds=bench.size(3.0, 1.0),
                upstream=bench.claude.port,
                others=[asdict(second.target)],
            )
            for _ in bench.runs(2)
        ]
        rows.append(stream_row(count, {"two": runs}))
    return rows


def _hop(bench: Bench, first: Server, second: Server) -> Row:
    runs = [
        bench.drive(
            "relay",
            first,
            turns=bench.size(30, 3),
            rate=30,
            seconds=bench.size(3.0, 1.0),
            upstream=bench.claude.port,
            others=[asdict(second.target)],
        )
        for _ in bench.runs()
    ]
    faults = tuple("A watcher's text was not exact." for run in runs if run["inexact"])
    return Row(
        HOP,
        HOP_DEMAND,
        {"two": figures(runs, "p50", "p99")},
        limits={"two": (5, 12)},
        faults=faults,
    )


def _cancel(bench: Bench, first: Server, second: Server) -> Row:
    run = bench.drive(
        "cancel",
        first,
        cancels=bench.size(20, 3),
        upstream=bench.claude.port,
        others=[asdict(second.target)],
    )
    return Row(
        CANCEL,
        "",
        {"two": [Figure.of(run["cancel_ms"])]},
        limits={"two": (150,)},
    )


def _apart(bench: Bench, web: Server) -> Row:
    """Sockets in one process, answers in the other: every delta passes the relay."""
    run = bench.drive(
        "streams",
        web,
        turns=bench.size(100, 5),
        rate=30,
        seconds=bench.size(3.0, 1.0),
        upstream=bench.claude.port,
    )
    return Row(
        "same, 100 turns, a web and a worker process: p50 / p95 / p99 ms",
        "",
        {"two": figures([run], "p50", "p95", "p99")},
        faults=("Deltas were lost or doubled.",)
        if run["lost"] or run["doubled"]
        else (),
    )
