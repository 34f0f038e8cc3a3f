"""The same delta seen on its owner's socket and on one of another process."""

import asyncio
from typing import Any

from tests.bench.asking import get_json
from tests.bench.figures import percentiles
from tests.bench.tab import Tab, Target


async def run(
    target: Target,
    *,
    turns: int,
    rate: int,
    seconds: float,
    upstream: int,
    others: list[dict[str, Any]],
) -> Any:
    """Watch every turn from the other process; return what the way there adds."""
    (other,) = (Target(**each) for each in others)
    near = [await Tab(target).open() for _ in range(turns)]
    far = [await Tab(other).open() for _ in range(turns)]
    for number, (tab, watcher) in enumerate(zip(near, far, strict=True)):
        tab.ask(f"bench tag=r{number} n=0 rate={rate} size=20")
        await tab.until_begun()
        assert tab.conversation is not None
        await watcher.watch(tab.conversation)
        await watcher.until_begun()
    for watcher in far:
        watcher.marks = []  # what the snapshot brought
    await asyncio.sleep(seconds)
    sent = await get_json(upstream, "/stop")
    await asyncio.gather(*(tab.until_ended() for tab in [*near, *far]))

    hops, lost = [], 0
    for number, (tab, watcher) in enumerate(zip(near, far, strict=True)):
        seen = {mark.number: mark.received for mark in tab.marks}
        hops += [(mark.received - seen[mark.number]) / 1e6 for mark in watcher.marks]
        first = min(watcher.numbers)
        lost += watcher.numbers != list(range(first, sent[f"r{number}"]))
    return {**percentiles(hops), "inexact": lost}
