"""A socket that is cut in the middle of an answer."""

import asyncio
from typing import Any

from tests.bench.tab import Tab, Target

BEFORE_SECONDS = 1.0
RATE = 50


async def run(target: Target, *, cuts: int, away_seconds: float) -> Any:
    """Return how long the missed part takes to come, and whether all came once."""
    replayed, exact = [], 0
    for number in range(cuts):
        count = int(RATE * (BEFORE_SECONDS + away_seconds + 1))
        first = await Tab(target).open()
        first.ask(f"bench tag=c{number} n={count} rate={RATE} size=20")
        await first.until_begun()
        await asyncio.sleep(BEFORE_SECONDS)
        first.close()
        await asyncio.sleep(away_seconds)

        again = await Tab(target).open()
        assert first.conversation is not None
        await again.watch(first.conversation)
        await again.until_begun()
        replayed.append((again.marks[-1].received - again.asked) / 1e6)
        await again.until_ended()
        exact += again.numbers == list(range(count))
        again.close()
    return {"replayed_ms": replayed, "exact": exact, "cuts": cuts}
