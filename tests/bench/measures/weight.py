"""How heavy: memory, start, installation."""

from contextlib import AbstractContextManager

from tests.bench import servers
from tests.bench.bench import Bench, figures
from tests.bench.figures import Figure
from tests.bench.rows import Row
from tests.bench.servers import Server

PLACES = {"raw": "raw", "floor": "floor", "colloquy": "one"}


def measure(bench: Bench) -> list[Row]:
    """Return the rows on memory, start and size."""
    idle: dict[str, list[Figure]] = {}
    starts: dict[str, list[Figure]] = {}
    for name, place in PLACES.items():
        data = bench.new_name()
        with _server(bench, name, data):
            pass  # the first start migrates and compiles
        runs, seconds = [], []
        for _ in bench.runs():
            with _server(bench, name, data) as server:
                seconds.append(server.start_seconds)
                runs.append(bench.drive("idle", server, sockets=bench.size(400, 20)))
        idle[place] = figures(runs, "rss_mib", "socket_kb")
        starts[place] = [Figure.of(seconds)]
    return [
        Row(
            "RSS idle, MiB / per idle socket, kB",
            "≤ 110 / ≤ 40",
            idle,
            limits={"one": (110, 40)},
        ),
        Row("start to the first 200, warm, s", "≤ 2", starts, limits={"one": (2,)}),
        _installed(bench),
    ]


def _server(bench: Bench, name: str, data: str) -> AbstractContextManager[Server]:
    if name == "raw":
        return servers.raw(bench.claude, bench.folder)
    if name == "floor":
        return servers.floor(bench.claude, bench.folder)
    return servers.colloquy(bench.claude, bench.folder, data=data)


def _installed(bench: Bench) -> Row:
    places = {"one": "colloquy", "floor": "floor"}
    return Row(
        "installed size without extras, MB / packages",
        "≤ 120 / ≤ 60",
        {
            place: figures([bench.installed[name]], "megabytes", "packages")
            for place, name in places.items()
        },
        limits={"one": (120, 60)},
    )
