"""Short turns, one after another: added to the first delta, and CPU per turn."""

import asyncio
from typing import Any

from tests.bench.proc import cpu_seconds
from tests.bench.tab import Tab, Target

TURNS_A_CONVERSATION = 10
PAUSE_SECONDS = 0.01


async def run(target: Target, *, turns: int, warm_up: int, deltas: int) -> Any:
    """Return the first deltas' added milliseconds and the CPU per turn.

    A conversation has ten turns, so a tenth of them is a first one with its title.
    """
    tab = await Tab(target).open()
    firsts = []
    cpu = 0.0
    for number in range(warm_up + turns):
        if number == warm_up:
            cpu = cpu_seconds(*target.pids)
        if number % TURNS_A_CONVERSATION == 0:
            tab.conversation = None
        tab.ask(f"bench tag=t{number} n={deltas} rate=0 size=20")
        await tab.until_ended()
        assert tab.numbers == list(range(deltas)), tab.rejected or tab.numbers
        firsts.append(tab.first_added_ms)
        await asyncio.sleep(PAUSE_SECONDS)
    cpu = cpu_seconds(*target.pids) - cpu
    return {"first_ms": firsts[warm_up:], "cpu_ms": cpu * 1000 / turns}
