"""The benchmarks' own machinery: a tiny run of each server, and the page it writes."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import report, servers
from tests.bench.bench import Bench, figures
from tests.bench.driver import drive
from tests.bench.figures import Figure, percentile, short
from tests.bench.measures import MEASURES, speed
from tests.bench.plots import Plot
from tests.bench.rows import Row, merged
from tests.bench.servers import Server

DEMANDED = {
    "added to the first delta, 1 turn: p50 / p95 ms": "≤ 8 / 15, the commit included",
    "CPU per 3-delta turn, ms": "≤ 10",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def claude(folder: Path) -> Iterator[Server]:
    with servers.upstream(folder) as server:
        yield server


@pytest.fixture(scope="module")
def colloquy(claude: Server, folder: Path) -> Iterator[Server]:
    with servers.colloquy(claude, folder) as server:
        yield server


def test_turns_of_all_servers_make_rows(
    claude: Server, colloquy: Server, folder: Path
) -> None:
    bench = Bench(folder, claude, is_quick=True)
    with (
        servers.raw(claude, folder) as raw,
        servers.floor(claude, folder) as floor,
    ):
        rows = speed.turns(bench, [raw, floor, colloquy])

    assert {row.measure: row.demand for row in rows} == DEMANDED
    assert [sorted(row.figures) for row in rows] == [["floor", "one", "raw"]] * 2


def test_streams_are_counted_to_the_last_delta(
    claude: Server, colloquy: Server
) -> None:
    run = drive(
        "streams",
        colloquy.target,
        turns=2,
        rate=30,
        seconds=0.5,
        upstream=claude.port,
    )

    assert (run["lost"], run["doubled"], run["snapshots"]) == (0, 0, 0)
    assert run["p50"] <= run["p95"] <= run["p99"]


def test_gap_after_a_cut_is_replayed_exactly_once(colloquy: Server) -> None:
    run = drive("cut", colloquy.target, cuts=1, away_seconds=0.2)

    assert (run["exact"], run["cuts"]) == (1, 1)


def test_page_holds_the_table_and_its_plots(tmp_path: Path) -> None:
    row = Row(
        "some measure, ms",
        "≤ 2",
        {"floor": [Figure.of([1, 2, 3])], "one": [Figure.of([4.0])]},
        limits={"one": (2,)},
        faults=("a delta was lost",),
    )
    lines = {"Colloquy": [(1.0, 0.5), (300.0, 40.0)], "floor": [(1.0, 2.0)]}
    plots = [
        Plot("linear", "A & B", "turns", "ms", lines),
        Plot("logarithmic", "A & B", "turns", "ms", lines, is_log=True),
    ]

    report.write(tmp_path, [row], plots, ["2 cores"])

    page = (tmp_path / "benchmarks.md").read_text()
    assert "| some measure, ms | - | 2.00 | 4.00 | - | 2.0 | ≤ 2 | no |" in page
    assert "| some measure, ms | floor | 2.00 (1.00 to 3.00) |" in page
    assert "* some measure, ms: a delta was lost" in page
    for plot in plots:
        assert f"](benchmarks/{plot.name}.svg)" in page
        drawing = ElementTree.parse(tmp_path / "benchmarks" / f"{plot.name}.svg")  # noqa: S314  ours
        words = [element.text for element in drawing.iter() if element.text]
        assert {"A & B", "turns", "ms", "Colloquy", "floor"} <= set(words)


@pytest.mark.parametrize(
    ("median", "is_floor", "verdict"),
    [(2.0, False, "yes"), (2.1, False, "no"), (2.0, True, "yes"), (1.9, True, "no")],
)
def test_verdict_compares_the_median(
    median: float, is_floor: bool, verdict: str
) -> None:
    measured = {"one": [Figure.of([median])]}
    row = Row("m", "d", measured, limits={"one": (2,)}, is_floor=is_floor)

    assert row.verdict == verdict


def test_row_without_figures_has_no_verdict() -> None:
    row = Row("search", "≤ 50", words={"one": "not built"}, limits={"one": (50,)})

    assert (row.cell("one"), row.cell("raw"), row.verdict) == ("not built", "-", "-")


def test_rows_of_one_measure_are_one_line() -> None:
    one = Row("m", "≤ 2", {"one": [Figure.of([1])]}, limits={"one": (2,)})
    two = Row("m", "", {"two": [Figure.of([3])]}, limits={"two": (2,)})

    (row,) = merged([one, two])

    assert (row.demand, row.cell("one"), row.cell("two")) == ("≤ 2", "1.00", "3.00")
    assert row.verdict == "no"


def test_figures_are_medians_with_their_spread() -> None:
    (figure,) = figures([{"p50": 1.0}, {"p50": 30.0}, {"p50": 2.0}], "p50")

    assert figure.with_spread == "2.00 (1.00 to 30.0)"
    assert [percentile([1, 2, 3], percent) for percent in (0, 50, 75)] == [1, 2, 2.5]
    assert [short(value) for value in (0.123, 12.34, 12345.6)] == [
        "0.12",
        "12.3",
        "12,346",
    ]


def test_every_part_of_the_table_can_be_chosen() -> None:
    assert list(MEASURES) == [
        *("speed", "processes", "weight", "requests", "pages", "safety", "growth"),
    ]
