"""A thousand streams, some reset by the upstream, some whose tab goes away.

Afterwards the server holds what it held before: sockets, files, threads, rows, and not
more memory than the streams' own traces may cost. What only the inside of a process
tells (tasks, subscriptions, the upstream's slots and connections) is counted by
`tests/test_chaos_clients.py`, on the same product in the test's own process.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from tests.chaos.campaign import Result, Scale
from tests.chaos.campaign_figures import Findings
from tests.chaos.leaks_footprint import Footprint
from tests.chaos.served import Served, one_process
from tests.chaos.tab import Tab
from tests.chaos.tab_login import Login
from tests.chaos.upstream import Asked

STREAMS = {"short": 10, "full": 1000}
WARM_UP = {"short": 10, "full": 150}
AT_ONCE = 20
ALLOWED_GROWTH_BYTES = 20_000_000
BROKEN, LEFT = "broken upstream", "closed tab"
SHARE = 0.1  # of the streams, for each of the two
DELTA_SECONDS = 0.01
WORDS = 80
QUIET_SECONDS = 2.0
QUIET_WITHIN_SECONDS = 60


async def leave_nothing(scale: Scale, seed: int, folder: Path) -> Result:
    """Warm up, look, stream, look again."""
    begun = time.monotonic()
    async with one_process(folder) as served:
        streams = _Streams(served, random.Random(seed))
        await streams.run(WARM_UP[scale])
        before = await _at_rest(served)
        streams.kinds.clear()
        await streams.run(STREAMS[scale])
        after = await _at_rest(served)
    growth = after.resident_bytes - before.resident_bytes
    findings = streams.findings
    for what, is_base in {
        "sockets": after.sockets <= before.sockets,
        "files": after.files <= before.files
        and after.database_files <= before.database_files + AT_ONCE,
        "threads": after.threads <= before.threads,
        "rows": not any(after.rows.values()),
        "memory": growth < ALLOWED_GROWTH_BYTES,
    }.items():
        findings.check(is_base, f"{before!r} before, {after!r} after", kind=what)
    findings.check(
        streams.kinds.total() == STREAMS[scale], f"only {streams.kinds} were streamed"
    )
    return Result(
        name="streams and leaks",
        demand="sockets, files, threads, rows back to base; RSS growth < 20 MB",
        measured=f"{after.sockets - before.sockets:+} sockets,"
        f" {after.files.total() - before.files.total():+} files,"
        f" {after.database_files - before.database_files:+} of SQLite's,"
        f" {after.threads - before.threads:+} threads,"
        f" {sum(after.rows.values())} rows, RSS {growth / 1e6:+.1f} MB",
        runs=STREAMS[scale],
        passed=not findings,
        seed=seed,
        seconds=time.monotonic() - begun,
        details=[
            f"base after {WARM_UP[scale]} streams: {before}",
            f"after {STREAMS[scale]} more: {after}",
            f"streams: {dict(streams.kinds)}; {served.upstream.resets} resets",
            *findings.lines(),
        ],
    )


class _Streams:
    """Streams many answers at a time, in tabs that come and go."""

    def __init__(self, served: Served, chance: random.Random) -> None:
        self._served = served
        self._chance = chance
        self.kinds: Counter[str] = Counter()
        self.findings = Findings()
        served.upstream.break_after = self._break_after

    async def run(self, count: int) -> None:
        """Stream `count` answers; every socket of ours is closed afterwards."""
        chance = self._chance
        broken = round(count * SHARE)
        kinds = [BROKEN, LEFT] * broken + ["whole"] * (count - 2 * broken)
        chance.shuffle(kinds)
        waiting = iter(kinds)
        async with await Login.at_server(self._served.url(0)) as login:
            await self._fill_pools(login)
            async with asyncio.TaskGroup() as group:
                for _worker in range(AT_ONCE):
                    group.create_task(self._work(login, waiting))

    async def _fill_pools(self, login: Login) -> None:
        """Ask for much at once: a pool of threads that still grows is no leak."""
        async with AsyncExitStack() as stack:
            tabs = [Tab(login, chance=self._chance) for _tab in range(AT_ONCE)]
            for tab in tabs:
                await stack.enter_async_context(tab)
            # For each ping the server asks anew, in a thread, whose socket this is.
            for _ping in range(5):
                await asyncio.gather(*(tab.send("ping") for tab in tabs))

    async def _work(self, login: Login, waiting: Iterator[str]) -> None:
        async with AsyncExitStack() as stack:
            tab = await stack.enter_async_context(Tab(login, chance=self._chance))
            for kind in waiting:
                try:
                    if kind == LEFT:
                        await self._leave(login)
                    else:
                        await self._stream(tab, kind)
                except TimeoutError:
                    self.findings.add("streams", f"a {kind} one did not end")
                self.kinds[kind] += 1

    async def _stream(self, tab: Tab, kind: str) -> None:
        accepted = await tab.begin("message.send", text=_question(kind))
        state = await tab.ended(accepted.turn)
        assert state == ("failed" if kind == BROKEN else "completed"), (
            f"{kind}: {state}"
        )
        await tab.unwatch(accepted.conversation)

    async def _leave(self, login: Login) -> None:
        """Close a tab in the middle of its answer, by a click or by a crash."""
        tab = Tab(login, chance=self._chance)
        async with tab:
            turn = await tab.ask(_question(LEFT))
            goal = self._chance.randrange(20, 200)
            await tab.until(lambda: len(tab.text(turn)) >= goal)
            if self._chance.random() < 0.5:
                await tab.vanish()

    def _break_after(self, asked: Asked) -> int | None:
        if not (asked.is_turn and BROKEN in str(asked.params["messages"][-1])):
            return None
        # From before the first word to far into the text.
        return self._chance.randrange(0, 2500)


def _question(kind: str) -> str:
    text = " ".join(f"word{number}" for number in range(WORDS))
    slow = f"[simulate: slow seconds={DELTA_SECONDS}] [simulate: silent]"
    return f"{slow} [simulate: echo] {kind}: {text}"


async def _at_rest(served: Served) -> Footprint:
    """Wait until the server holds the same for a while, and return what it holds.

    Nothing tells from outside that the last socket is closed, so it has to be seen. What
    does not come to rest is returned as it is, and found wrong.
    """
    (server,) = served.servers
    rows = served.site.rows()
    last, begun = Footprint.of(server.pid, rows), time.monotonic()
    since = begun
    while time.monotonic() - since < QUIET_SECONDS:
        await asyncio.sleep(0.1)
        now = Footprint.of(server.pid, rows)
        is_busy = now != last or any(now.rows.values())
        if is_busy and time.monotonic() - begun < QUIET_WITHIN_SECONDS:
            since = time.monotonic()
        last = now
    return last
