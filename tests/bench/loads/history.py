"""One conversation that grows: what its next turn costs."""

from statistics import median
from typing import Any

from tests.bench.proc import cpu_seconds
from tests.bench.tab import Tab, Target


async def run(target: Target, *, turns: int, step: int) -> Any:
    """Return, for every `step` turns, the CPU and the added time of one turn."""
    tab = await Tab(target).open()
    points = []
    for start in range(0, turns, step):
        cpu, firsts = cpu_seconds(*target.pids), []
        for _ in range(step):
            tab.ask("bench tag=h n=3 rate=0 size=400")
            await tab.until_ended()
            firsts.append(tab.first_added_ms)
        cpu = cpu_seconds(*target.pids) - cpu
        points.append(
            {
                "turns": start + step / 2,
                "cpu_ms": cpu * 1000 / step,
                "first_ms": median(firsts),
            }
        )
    return {"points": points}
