"""Open sockets that say nothing: memory."""

import asyncio
from typing import Any

from tests.bench.proc import rss_bytes
from tests.bench.tab import Target, open_tabs

SETTLE_SECONDS = 0.5
WARM_UP = 20


async def run(target: Target, *, sockets: int) -> Any:
    """Return the memory at rest and what each socket adds."""
    (pid,) = target.pids
    at_rest = rss_bytes(pid)
    # The first sockets also load modules and grow pools.
    first = await open_tabs(target, WARM_UP)
    await asyncio.sleep(SETTLE_SECONDS)
    before = rss_bytes(pid)
    tabs = await open_tabs(target, sockets)
    await asyncio.sleep(SETTLE_SECONDS)
    added = rss_bytes(pid) - before
    for tab in [*first, *tabs]:
        tab.close()
    return {"rss_mib": at_rest / 1024**2, "socket_kb": added / sockets / 1000}
