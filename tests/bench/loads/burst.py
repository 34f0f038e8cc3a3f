"""Many first messages within two seconds: is any refused?"""

import asyncio
from typing import Any

from tests.bench.figures import percentiles
from tests.bench.tab import Target, open_tabs


async def run(target: Target, *, turns: int, seconds: float) -> Any:
    """Start `turns` new conversations, evenly spread; return how long each took."""
    tabs = await open_tabs(target, turns)
    for number, tab in enumerate(tabs):
        tab.ask(f"bench tag=b{number} n=3 rate=0 size=20")
        await asyncio.sleep(seconds / turns)
    await asyncio.gather(*(tab.until_ended() for tab in tabs))
    good = [tab for tab in tabs if tab.accepted]
    return {
        "refused": turns - len(good),
        "said": [word for tab in tabs for word in tab.rejected][:3],
        **percentiles([(tab.accepted - tab.asked) / 1e6 for tab in good]),
    }
