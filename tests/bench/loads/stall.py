"""Readers that stop reading: what they cost the server, and everybody else."""

import asyncio
from typing import Any

from tests.bench.figures import percentiles
from tests.bench.proc import peak_rss_bytes, reset_peak, rss_bytes
from tests.bench.tab import Tab, Target

SMALL_BUFFER_BYTES = 4096
DELTA_BYTES = 2000
RATE = 100


async def run(target: Target, *, sockets: int, seconds: float, is_stalled: bool) -> Any:
    """Stream to `sockets` that read, or do not; return the memory and the others' delay."""
    (pid,) = target.pids
    count = int(RATE * seconds)
    tabs = [
        await Tab(target).open(receive_buffer_bytes=SMALL_BUFFER_BYTES)
        for _ in range(sockets)
    ]
    neighbour = await Tab(target).open()
    reset_peak(pid)
    before = rss_bytes(pid)
    if is_stalled:
        for tab in tabs:
            tab.socket.transport.pause_reading()
    for number, tab in enumerate(tabs):
        tab.ask(f"bench tag=q{number} n={count} rate={RATE} size={DELTA_BYTES}")
    neighbour.ask(f"bench tag=n n={int(30 * seconds)} rate=30 size=20")
    await neighbour.until_ended()
    await asyncio.sleep(1)
    peak = peak_rss_bytes(pid) - before
    for tab in tabs:
        if is_stalled:
            tab.socket.transport.resume_reading()
    await asyncio.gather(*(tab.until_ended() for tab in tabs))
    return {
        "rss_mib": peak / 1024**2,
        "streamed_mib": sockets * count * DELTA_BYTES / 1024**2,
        **percentiles([mark.added_ms for mark in neighbour.marks]),
    }
