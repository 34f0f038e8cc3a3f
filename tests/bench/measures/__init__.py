"""The rows of the table, by what they are about; each file is one part of it."""

from collections.abc import Callable

from tests.bench.bench import Bench
from tests.bench.rows import Row

from . import growth, pages, processes, requests, safety, speed, weight

type Measure = Callable[[Bench], list[Row]]

# In the order of the table. `processes` comes after `speed`, whose rows it completes.
MEASURES: dict[str, Measure] = {
    "speed": speed.measure,
    "processes": processes.measure,
    "weight": weight.measure,
    "requests": requests.measure,
    "pages": pages.measure,
    "safety": safety.measure,
    "growth": growth.measure,
}
