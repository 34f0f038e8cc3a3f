"""What an accident costs: cuts, kills, crowds, readers that stall, large uploads."""

import re
from contextlib import AbstractContextManager

import httpx

from tests.bench import servers
from tests.bench.bench import Bench, figures
from tests.bench.figures import Figure
from tests.bench.rows import Row
from tests.bench.servers import Server

from .processes import CANCEL


def measure(bench: Bench) -> list[Row]:
    """Return the rows on accidents."""
    with (
        servers.floor(bench.claude, bench.folder) as floor,
        servers.raw(bench.claude, bench.folder) as raw,
        servers.colloquy(bench.claude, bench.folder, data=bench.new_name()) as colloquy,
    ):
        rows = [
            _cut(bench, colloquy),
            _burst(bench, colloquy),
            _cancel(bench, raw, floor, colloquy),
        ]
    return [*rows, _kill(bench), _stall(bench), _upload(bench)]


def _cut(bench: Bench, colloquy: Server) -> Row:
    run = bench.drive(
        "cut",
        colloquy,
        cuts=bench.size(5, 1),
        away_seconds=bench.size(1.5, 0.3),
    )
    faults = () if run["exact"] == run["cuts"] else ("The text was not exact.",)
    return Row(
        "socket cut for 1.5 s mid-answer: gap replayed, ms",
        "≤ 50, exactly once",
        {"one": [Figure.of(run["replayed_ms"])]},
        words={"raw": "rest lost", "floor": "rest lost"},
        limits={"one": (50,)},
        faults=faults,
    )


def _burst(bench: Bench, colloquy: Server) -> Row:
    run = bench.drive(
        "burst",
        colloquy,
        turns=bench.size(100, 10),
        seconds=bench.size(2.0, 0.5),
    )
    faults = (f"{run['refused']} refused: {run['said']}",) if run["refused"] else ()
    return Row(
        "100 new turns in 2 s on SQLite: refused / accepted after p95 ms",
        "none refused",
        {"one": figures([run], "refused", "p95")},
        limits={"one": (0, None)},
        faults=faults,
    )


def _cancel(bench: Bench, *running: Server) -> Row:
    places = {"raw": "raw", "floor": "floor", "colloquy": "one"}
    cancels = bench.size(20, 3)
    measured = {
        places[server.name]: [
            Figure.of(
                bench.drive(
                    "cancel", server, cancels=cancels, upstream=bench.claude.port
                )["cancel_ms"]
            )
        ]
        for server in running
    }
    return Row(
        CANCEL,
        "≤ 50, from another process ≤ 150",
        measured,
        limits={"one": (50,)},
    )


def _kill(bench: Bench) -> Row:
    lost = [_lost_seconds(bench) for _ in bench.runs()]
    return Row(
        "kill -9 mid-answer: text lost, s",
        "≤ 0.5, marked, can be continued",
        {"one": [Figure.of(seconds for seconds, _ in lost)]},
        words={"raw": "all", "floor": "all"},
        limits={"one": (0.5,)},
        faults=tuple(
            f"The turn was {state!r}." for _, state in lost if state != "interrupted"
        ),
    )


def _lost_seconds(bench: Bench) -> tuple[float, str]:
    """Kill a server, start it again; return the text it lost and the turn's state."""
    data = bench.new_name()
    with servers.colloquy(bench.claude, bench.folder, data=data) as server:
        seen = bench.drive("kill", server, seconds=bench.size(2.1, 1.0))
    with servers.colloquy(bench.claude, bench.folder, data=data) as server:
        stored = httpx.get(
            f"{server.url}/conversations/{seen['conversation']}.json",
            headers={"Cookie": server.cookie},
            trust_env=False,
        ).json()
    kept = re.findall(r"@\d+;(\d+);\d+@", str(stored["messages"][1:]))
    (turn,) = stored["turns"]
    lost = (seen["deltas"] - len(kept)) / seen["rate"]
    return max(0.0, lost), turn["state"]


def _stall(bench: Bench) -> Row:
    """Compare with readers that read: both keep the running answers in memory."""
    added, delays = {}, {}
    for name, place in (("floor", "floor"), ("colloquy", "one")):
        peaks = {}
        for is_stalled in (False, True):
            with _fresh(bench, name) as server:
                run = bench.drive(
                    "stall",
                    server,
                    sockets=bench.size(20, 3),
                    seconds=bench.size(5.0, 1.0),
                    is_stalled=is_stalled,
                )
            peaks[is_stalled] = run["rss_mib"]
        added[place] = peaks[True] - peaks[False]
        delays[place] = run["p99"]
    return Row(
        "20 stalled readers of 20 MB: RSS +, MiB / another reader's p99, ms",
        "≤ 5, nobody else affected",
        {
            place: [Figure.of([added[place]]), Figure.of([delays[place]])]
            for place in added
        },
        limits={"one": (5, None)},
    )


def _fresh(bench: Bench, name: str) -> AbstractContextManager[Server]:
    if name == "floor":
        return servers.floor(bench.claude, bench.folder)
    return servers.colloquy(bench.claude, bench.folder, data=bench.new_name())


def _upload(bench: Bench) -> Row:
    runs = []
    for _ in bench.runs():
        with _fresh(bench, "colloquy") as server:
            runs.append(
                bench.drive(
                    "upload",
                    server,
                    size_bytes=31_000_000 if not bench.is_quick else 3_000_000,
                    seconds=bench.size(5.0, 2.0),
                )
            )
    return Row(
        "32 MB upload: RSS +, MiB / longest delay of a delta, ms",
        "≤ 40 / ≤ 100",
        {"one": figures(runs, "rss_mib", "stall_ms")},
        limits={"one": (40, 100)},
        faults=tuple(run["status"] for run in runs if " 201 " not in run["status"]),
    )
