"""A server that is killed in the middle of an answer."""

import asyncio
import os
import signal
from typing import Any

from tests.bench.tab import Tab, Target

RATE = 50


async def run(target: Target, *, seconds: float) -> Any:
    """Kill the server with SIGKILL; return what the reader had seen by then."""
    (pid,) = target.pids
    tab = await Tab(target).open()
    tab.ask(f"bench tag=k{pid} n=0 rate={RATE} size=20")
    await tab.until_begun()
    await asyncio.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    await tab.socket.lost
    return {
        "conversation": tab.conversation,
        "turn": tab.turn,
        "deltas": len(tab.marks),
        "rate": RATE,
    }
