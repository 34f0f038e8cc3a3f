"""From pressing Stop to the upstream's connection being closed."""

import asyncio
from time import monotonic_ns
from typing import Any

from tests.bench.asking import get_json
from tests.bench.tab import Tab, Target

POLL_SECONDS = 0.02
PATIENCE_POLLS = 500


async def run(
    target: Target,
    *,
    cancels: int,
    upstream: int,
    others: list[dict[str, Any]] | None = None,
) -> Any:
    """Return the milliseconds of each cancel; from another process with `others`.

    The baselines know no such command: there the client hangs up.
    """
    stopper = await Tab(Target(**others[0])).open() if others else None
    waits = []
    for number in range(cancels):
        tab = await Tab(target).open()
        tag = f"x{monotonic_ns()}"
        tab.ask(f"bench tag={tag} n=0 rate=50 size=20")
        await tab.until_begun()
        await asyncio.sleep(0.2 + number % 5 * 0.07)
        asked = monotonic_ns()
        if target.is_colloquy:
            (stopper or tab).command("turn.cancel", turn=tab.turn)
        else:
            tab.close()
        waits.append((await _closed(upstream, tag) - asked) / 1e6)
        tab.close()
    return {"cancel_ms": waits}


async def _closed(upstream: int, tag: str) -> int:
    for _ in range(PATIENCE_POLLS):
        log = await get_json(upstream, "/log")
        if tag in log["closed"]:
            moment: int = log["closed"][tag]
            return moment
        await asyncio.sleep(POLL_SECONDS)
    raise TimeoutError(f"The upstream's connection of {tag} stays open")
