"""One answer and many who look at it."""

import asyncio
from typing import Any

from tests.bench.figures import percentiles
from tests.bench.proc import cpu_seconds
from tests.bench.tab import Tab, Target, open_tabs

RATE = 50


async def run(target: Target, *, watchers: int, seconds: float) -> Any:
    """Return the CPU of a turn that `watchers` sockets see, and how late they see it."""
    count = int(RATE * seconds)
    author = await Tab(target).open()
    author.ask("bench tag=w n=3 rate=0 size=20")
    await author.until_ended()
    assert author.conversation is not None
    tabs = await open_tabs(target, watchers - 1)
    for tab in tabs:
        await tab.watch(author.conversation)
        tab.ended.clear()
        tab.marks = []

    cpu = cpu_seconds(*target.pids)
    author.ask(f"bench tag=w n={count} rate={RATE} size=20")
    await asyncio.gather(*(tab.until_ended() for tab in [author, *tabs]))
    cpu = cpu_seconds(*target.pids) - cpu

    assert all(tab.numbers == list(range(count)) for tab in tabs)
    added = [mark.added_ms for tab in [author, *tabs] for mark in tab.marks]
    return {"cpu_ms": cpu * 1000, "cpu_us": cpu * 1e6 / count, **percentiles(added)}
