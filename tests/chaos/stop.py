"""SIGTERM under fifty running answers, as every deploy sends it.

Five tabs have fifty answers streaming, some longer than the drain and some shorter.
The server gets SIGTERM, more is asked while it stops, it must end by itself, it is
started again, and the tabs must come back and show what is stored.
"""

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.campaign import Result, Scale
from tests.chaos.campaign_figures import Findings, seconds
from tests.chaos.campaign_ledger import Entry, Ledger, Stored, judge
from tests.chaos.cluster import Cluster, Server, Site
from tests.chaos.cluster_texts import question, waiting_question
from tests.chaos.tab import Tab
from tests.chaos.tab_login import Login

NAME = "stop"
DEMAND = "exit <= 30 s; 0 text lost; 0 turns without an end; clients back <= 10 s"
MAX_EXIT_SECONDS = 30.0
MAX_BACK_SECONDS = 10.0
RESTARTING = 4001

TABS = 5
WAITING = 3  # for a busy API, beside the streams
LATE = 3  # asked while the server stops
DEFAULT_DRAIN_SECONDS = 20


@dataclass(frozen=True)
class Plan:
    """How often one lane stops its server, and what the server is given to drain."""

    stops: int
    streams: int
    drain_seconds: int


SHORT = Plan(stops=1, streams=10, drain_seconds=1)
FULL = {
    "sqlite": Plan(stops=9, streams=50, drain_seconds=2),
    "postgres": Plan(stops=8, streams=50, drain_seconds=2),
    "default": Plan(stops=3, streams=50, drain_seconds=DEFAULT_DRAIN_SECONDS),
}


@dataclass
class Tally:
    """What came of all stops."""

    stops: int = 0
    streams: int = 0
    exit_seconds: list[float] = field(default_factory=list)
    back_seconds: list[float] = field(default_factory=list)
    completed: int = 0
    interrupted: int = 0
    begun_again: int = 0
    late: int = 0
    findings: Findings = field(default_factory=Findings)


async def run(scale: Scale, seed: int, folder: Path) -> Result:
    """Stop 20 times in full (SQLite, PostgreSQL, the default drain), once in short."""
    begun = time.monotonic()
    tally = Tally()
    async with Cluster(folder) as cluster:
        await cluster.start_simulator()
        plans = FULL if scale == "full" else {"sqlite": SHORT}
        for name, plan in plans.items():
            url = ""
            if name == "postgres":
                url = (await cluster.start_postgres()).make_database("stop")
            chance = random.Random(f"{seed}{name}")
            # One after the other: fifty answers are what the demand speaks of.
            await Lane(cluster.site(name, url), plan, chance).run(tally)
    return _result(tally, seed, time.monotonic() - begun)


def _result(tally: Tally, seed: int, took: float) -> Result:
    findings = tally.findings
    return Result(
        name=NAME,
        demand=DEMAND,
        measured=(
            f"{seconds(max(tally.exit_seconds))}; {findings.count('text')};"
            f" {findings.count('state', 'message')}; {seconds(max(tally.back_seconds))}"
        ),
        runs=tally.stops,
        passed=not findings,
        seed=seed,
        seconds=took,
        details=[
            f"{tally.streams} answers under way: {tally.completed} came to their end,"
            f" {tally.interrupted} were interrupted with their text,"
            f" {tally.begun_again} of which nothing was shown were begun again",
            f"{tally.late} messages were sent while the server stopped",
            *findings.lines(),
        ],
    )


class Lane:
    """One server that is stopped again and again, and the people who use it."""

    def __init__(self, site: Site, plan: Plan, chance: random.Random) -> None:
        self._site, self._plan, self._chance = site, plan, chance
        drain = {"DRAIN_SECONDS": str(plan.drain_seconds)}
        is_default = plan.drain_seconds == DEFAULT_DRAIN_SECONDS
        self._server: Server = site.server(**{} if is_default else drain)

    async def run(self, tally: Tally) -> None:
        await self._server.launch()
        async with AsyncExitStack() as stack:
            login = await stack.enter_async_context(
                await Login.at_server(self._server.url)
            )
            tabs = [
                await stack.enter_async_context(Tab(login, chance=self._chance))
                for _ in range(TABS)
            ]
            for number in range(self._plan.stops):
                await self._stop_once(tabs, number, tally)
            self._server.kill()

    async def _stop_once(self, tabs: list[Tab], number: int, tally: Tally) -> None:
        ledger = await self._have_streams(tabs, number)
        closed_before = [len(tab.line.close_codes) for tab in tabs]
        self._server.ask_to_stop()
        asking_late = asyncio.create_task(self._ask_late(tabs, number))
        await self._see_it_end(tally)
        late = await asking_late
        seen = {entry.key: entry.shown for entry in ledger.entries}
        for tab, closed in zip(tabs, closed_before, strict=True):
            await tab.until(lambda tab=tab: not tab.line.is_open)  # type: ignore[misc]
            code = tab.line.close_codes[closed]
            tally.findings.check(code == RESTARTING, f"close code {code}", "close")
        await self._start_again(tabs, tally)
        everything = Ledger([*ledger.entries, *late.entries])
        await everything.settle()
        self._judge(ledger, late, seen, tally)
        for tab in tabs:
            # The next stop begins with conversations of its own.
            for entry in everything.entries:
                if entry.tab is tab:
                    await tab.unwatch(entry.conversation)

    async def _have_streams(self, tabs: list[Tab], number: int) -> Ledger:
        ledger = Ledger()
        drain = self._plan.drain_seconds
        for place in range(self._plan.streams):
            name = f"{self._site.name}-{number}-{place}"
            asked = question(name, self._chance.uniform(1, 2.5 * drain + 1))
            await ledger.ask(tabs[place % TABS], asked)
        # A few of which nothing can be shown before the drain ends.
        for place in range(WAITING):
            name = f"{self._site.name}-{number}-waiting{place}"
            await ledger.ask(tabs[place % TABS], waiting_question(name, drain + 10))
        for entry in ledger.entries:
            await entry.tab.until(lambda entry=entry: entry.is_accepted)  # type: ignore[misc]
        await asyncio.sleep(self._chance.uniform(0.1, 1.0))
        return ledger

    async def _ask_late(self, tabs: list[Tab], number: int) -> Ledger:
        """Ask while the server stops; it must be answered after its start."""
        ledger = Ledger()
        await asyncio.sleep(self._chance.uniform(0.05, 0.5))
        for place in range(LATE):
            name = f"{self._site.name}-{number}-late{place}"
            await ledger.ask(tabs[place % TABS], question(name, 1))
        return ledger

    async def _see_it_end(self, tally: Tally) -> None:
        took = await self._server.ended(MAX_EXIT_SECONDS + 5)
        if took is None:
            took = MAX_EXIT_SECONDS + 5
            self._server.kill()
        code = self._server.exit_code
        tally.findings.check(took <= MAX_EXIT_SECONDS, f"exit: {seconds(took)}", "exit")
        tally.findings.check(code == 0, f"exit code {code}", "exit")
        tally.exit_seconds.append(took)

    async def _start_again(self, tabs: list[Tab], tally: Tally) -> None:
        started_at = time.monotonic()
        await self._server.launch()
        for tab in tabs:
            await tab.until(lambda tab=tab: tab.is_current)  # type: ignore[misc]
        took = time.monotonic() - started_at
        tally.findings.check(took <= MAX_BACK_SECONDS, f"back: {seconds(took)}", "back")
        tally.back_seconds.append(took)

    def _judge(
        self, ledger: Ledger, late: Ledger, seen: dict[str, str], tally: Tally
    ) -> None:
        stored = Stored.read(self._site.rows())
        judge([*ledger.entries, *late.entries], stored, tally.findings)
        tally.stops += 1
        tally.streams += self._plan.streams + WAITING
        tally.late += len(late.entries)
        for entry in ledger.entries:
            self._judge_entry(entry, seen[entry.key], stored, tally)

    def _judge_entry(
        self, entry: Entry, seen: str, stored: Stored, tally: Tally
    ) -> None:
        row = stored.row(entry)
        if row is None:
            return
        kept = stored.answer(entry)
        about = f"turn {row['id']}: {len(seen) - len(kept)} characters were lost"
        tally.findings.check(kept.startswith(seen), about)
        tally.interrupted += row["state"] == "interrupted"
        tally.completed += row["state"] == "completed" and not row["reruns"]
        tally.begun_again += row["reruns"] > 0
        if row["state"] == "interrupted":
            about = f"{row['id']} was not begun again although nothing was shown"
            tally.findings.check(bool(kept), about, "rerun")
