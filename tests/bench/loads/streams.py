"""Many turns at reading pace: added to each delta, CPU per delta, nothing lost."""

import asyncio
from time import monotonic_ns
from typing import Any

from tests.bench.asking import get_json
from tests.bench.figures import percentiles
from tests.bench.proc import cpu_seconds
from tests.bench.tab import Tab, Target

STARTS_A_SECOND = 75  # people do not all press Enter at once
SETTLE_SECONDS = 0.5


async def run(
    target: Target,
    *,
    turns: int,
    rate: int,
    seconds: float,
    upstream: int,
    others: list[dict[str, Any]] | None = None,
) -> Any:
    """Hold `turns` streams open for `seconds` and look at what came in that time.

    With `others` the sockets are spread over several processes.
    """
    targets = [target, *(Target(**other) for other in others or [])]
    pids = [pid for each in targets for pid in each.pids]
    tabs = [await Tab(targets[n % len(targets)]).open() for n in range(turns)]
    for number, tab in enumerate(tabs):
        tab.ask(f"bench tag=s{number} n=0 rate={rate} size=20")
        await asyncio.sleep(1 / STARTS_A_SECOND)
    await asyncio.gather(*(tab.until_begun() for tab in tabs))
    await asyncio.sleep(SETTLE_SECONDS)

    began, cpu = monotonic_ns(), cpu_seconds(*pids)
    await asyncio.sleep(seconds)
    ended, cpu = monotonic_ns(), cpu_seconds(*pids) - cpu

    sent = await get_json(upstream, "/stop")
    await asyncio.gather(*(tab.until_ended() for tab in tabs))
    added = [
        mark.added_ms for tab in tabs for mark in tab.marks if began < mark.sent < ended
    ]
    taken = sum(began < mark.received < ended for tab in tabs for mark in tab.marks)
    return {
        **percentiles(added),
        "cpu_us": cpu * 1e6 / taken,
        "per_second": taken / seconds,
        "snapshots": sum(tab.snapshots for tab in tabs),
        **_accuracy([(tab, sent[f"s{number}"]) for number, tab in enumerate(tabs)]),
    }


def _accuracy(expected: list[tuple[Tab, int]]) -> dict[str, int]:
    lost = doubled = 0
    for tab, count in expected:
        came = tab.numbers
        lost += len(set(range(count)) - set(came))
        doubled += len(came) - len(set(came))
    return {"lost": lost, "doubled": doubled}
