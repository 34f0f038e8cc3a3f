"""How the cost of a turn grows: with turns before it, with watchers, with its length."""

from tests.bench import servers
from tests.bench.bench import Bench, figures
from tests.bench.plots import Plot
from tests.bench.rows import Row
from tests.bench.servers import Server


def measure(bench: Bench) -> list[Row]:
    """Return the rows on growth and add their plots."""
    with servers.colloquy(bench.claude, bench.folder, data=bench.new_name()) as server:
        return [
            _by_turns(bench, server),
            _by_watchers(bench, server),
            _by_length(bench, server),
        ]


def _by_turns(bench: Bench, server: Server) -> Row:
    run = bench.drive(
        "history", server, turns=bench.size(200, 10), step=bench.size(20, 5)
    )
    points = run["points"]
    bench.plots.append(
        Plot(
            "cost-by-turns",
            "What one more turn costs in a conversation that grows",
            "turns before it (1,200 characters each)",
            "ms",
            {
                "CPU per turn": [(p["turns"], p["cpu_ms"]) for p in points],
                "to first delta": [(p["turns"], p["first_ms"]) for p in points],
            },
        )
    )
    return Row(
        f"CPU of a turn after {points[-1]['turns']:.0f} turns / first delta p50, ms",
        "",
        {"one": figures(points[-1:], "cpu_ms", "first_ms")},
    )


def _by_watchers(bench: Bench, server: Server) -> Row:
    counts = bench.size([1, 5, 20, 50, 100], [1, 3])
    runs = [
        bench.drive("watchers", server, watchers=count, seconds=bench.size(2.0, 0.5))
        for count in counts
    ]
    bench.plots.append(
        Plot(
            "cost-by-watchers",
            "What one answer costs that many sockets watch",
            "sockets",
            "CPU, µs per delta",
            {
                "all sockets": [
                    (n, run["cpu_us"]) for n, run in zip(counts, runs, strict=True)
                ],
                "per socket": [
                    (n, run["cpu_us"] / n) for n, run in zip(counts, runs, strict=True)
                ],
            },
        )
    )
    return Row(
        f"CPU per delta with {counts[-1]} watchers, µs / added p99, ms",
        "",
        {"one": figures(runs[-1:], "cpu_us", "p99")},
    )


def _by_length(bench: Bench, server: Server) -> Row:
    lengths = bench.size([2_000, 20_000, 60_000, 120_000, 240_000], [2_000, 10_000])
    runs = [bench.drive("length", server, characters=each) for each in lengths]
    bench.plots += [
        Plot(
            "cost-by-length",
            "What an answer costs by its length",
            "characters, in deltas of 200 at 200/s",
            "CPU, ms per turn",
            {
                "Colloquy": [
                    (n, run["cpu_ms"]) for n, run in zip(lengths, runs, strict=True)
                ]
            },
        ),
        Plot(
            "written-by-length",
            "What an answer has written to disk by its length",
            "characters, in deltas of 200 at 200/s",
            "KiB per turn",
            {
                "Colloquy": [
                    (n, run["written_kib"])
                    for n, run in zip(lengths, runs, strict=True)
                ]
            },
        ),
    ]
    return Row(
        f"CPU of a turn of {lengths[-1]:,} characters, ms / written, KiB",
        "",
        {"one": figures(runs[-1:], "cpu_ms", "written_kib")},
    )
