"""As much as goes through: deltas per second of one process, and CPU per delta."""

import asyncio
from typing import Any

from tests.bench.proc import cpu_seconds
from tests.bench.tab import Target, open_tabs


async def run(target: Target, *, turns: int, deltas: int) -> Any:
    """Have `turns` answers of `deltas` each streamed without any pause."""
    tabs = await open_tabs(target, turns)
    for number, tab in enumerate(tabs):  # connections to the upstream, and caches
        tab.ask(f"bench tag=w{number} n=3 rate=0 size=20")
        await tab.until_ended()

    cpu = cpu_seconds(*target.pids)
    for number, tab in enumerate(tabs):
        tab.ask(f"bench tag=f{number} n={deltas} rate=0 size=20")
    await asyncio.gather(*(tab.until_ended() for tab in tabs))
    cpu = cpu_seconds(*target.pids) - cpu

    received = [mark.received for tab in tabs for mark in tab.marks]
    complete = all(tab.numbers == list(range(deltas)) for tab in tabs)
    seconds = (max(received) - min(tab.asked for tab in tabs)) / 1e9
    return {
        "per_second": turns * deltas / seconds,
        "cpu_us": cpu * 1e6 / (turns * deltas),
        "is_complete": complete,
        "snapshots": sum(tab.snapshots for tab in tabs),
    }
