"""What a page costs: static files, a first visit, a long answer, a long conversation."""

from pathlib import Path

from tests.bench import servers
from tests.bench.bench import Bench, figures
from tests.bench.browser import Visitor, visiting
from tests.bench.rows import Row
from tests.bench.servers import Server

FILE_BYTES = 50_000


def measure(bench: Bench) -> list[Row]:
    """Return the rows on pages; those in Chromium are left out of a quick run."""
    rows = [_search()]
    with servers.colloquy(
        bench.claude,
        bench.folder,
        data=bench.new_name(),
        STATIC_ROOT=str(bench.static_root),
    ) as server:
        rows.append(_static(bench, server))
        with visiting(server) as visitor:
            rows += [
                _first_visit(bench, visitor),
                _ready_to_send(visitor),
                _long_answer(bench, visitor),
                _long_conversation(bench, visitor),
            ]
    return rows


def _search() -> Row:
    return Row("search in 200,000 messages: p95 ms", "≤ 50", words={"one": "not built"})


def _static(bench: Bench, server: Server) -> Row:
    path = _file_of(bench.static_root, FILE_BYTES)
    runs = [
        bench.drive("static", server, path=path, seconds=bench.size(2.0, 0.5))
        for _ in bench.runs()
    ]
    size = runs[0]["size_bytes"] / 1000
    return Row(
        "static file of about 50 kB, Brotli: requests/s",
        "≥ 1,000",
        {"one": figures(runs, "per_second")},
        words={"one": f"({size:.0f} kB)"},
        limits={"one": (1000,)},
        is_floor=True,
    )


def _file_of(root: Path, size_bytes: int) -> str:
    """Return the address of the compressed file that is nearest to a size."""
    files = root.rglob("*.br")
    nearest = min(files, key=lambda path: abs(path.stat().st_size - size_bytes))
    return f"/static/{nearest.relative_to(root).with_suffix('')}"


def _ready_to_send(visitor: Visitor) -> Row:
    run = visitor.first_visit(is_idle=True)
    return Row(
        "same, with what sending needs, loaded when idle: requests / KiB",
        "",
        {"one": figures([run], "requests", "kib")},
    )


def _first_visit(bench: Bench, visitor: Visitor) -> Row:
    runs = [visitor.first_visit() for _ in bench.runs(5)]
    return Row(
        "first page: requests / KiB / usable input cold, ms",
        "≤ 16 / 110 / 400",
        {"one": figures(runs, "requests", "kib", "usable_ms")},
        limits={"one": (16, 110, 400)},
    )


def _long_answer(bench: Bench, visitor: Visitor) -> Row:
    runs = [visitor.long_answer(bench.size(300, 50), rate=50) for _ in bench.runs()]
    return Row(
        "300 deltas at 50/s: main thread busy, s / longest task, ms",
        "≤ 1.8, no task over 50 ms",
        {"one": figures(runs, "busy_s", "longest_ms")},
        limits={"one": (1.8, 50)},
    )


def _long_conversation(bench: Bench, visitor: Visitor) -> Row:
    address = visitor.seed_conversation(bench.size(1000, 50))
    visitor.open_conversation(address)  # renders, and keeps the HTML
    runs = [visitor.open_conversation(address) for _ in bench.runs(5)]
    measured = figures(runs, "visible_ms", "cpu_ms", "nodes")
    return Row(
        "open 1,000 messages: last one visible, ms / server CPU, ms / nodes",
        "≤ 500 (aim 250) / 15 / 3,000",
        {"one": measured},
        limits={"one": (500, 15, 3000)},
    )
