"""Answers of different lengths: what a turn and a delta cost."""

from typing import Any

from tests.bench.proc import cpu_seconds, written_bytes
from tests.bench.tab import Tab, Target

DELTA_CHARACTERS = 200
RATE = 200


async def run(target: Target, *, characters: int) -> Any:
    """Return the CPU of one turn with so long an answer, and the bytes it writes."""
    count = max(1, characters // DELTA_CHARACTERS)
    tab = await Tab(target).open()
    tab.ask("bench tag=l n=3 rate=0 size=20")
    await tab.until_ended()
    cpu, written = cpu_seconds(*target.pids), written_bytes(*target.pids)
    tab.ask(f"bench tag=l n={count} rate={RATE} size={DELTA_CHARACTERS - 30}")
    await tab.until_ended()
    cpu = cpu_seconds(*target.pids) - cpu
    assert tab.numbers == list(range(count))
    return {
        "cpu_ms": cpu * 1000,
        "cpu_us": cpu * 1e6 / count,
        "written_kib": (written_bytes(*target.pids) - written) / 1024,
    }
