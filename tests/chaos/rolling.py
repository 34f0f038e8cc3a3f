"""A rolling restart of two web and two worker processes under load.

People talk without pause through one address, as behind a proxy; each has a second tab
that watches. One process after the other gets SIGTERM, ends, and is started again.
"""

import asyncio
import contextlib
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.campaign import Result, Scale
from tests.chaos.campaign_figures import Findings, percentile, seconds
from tests.chaos.campaign_ledger import Entry, Stored, judge
from tests.chaos.cluster import Cluster, Server, Site
from tests.chaos.cluster_balancer import Balancer
from tests.chaos.cluster_load import Load
from tests.chaos.cluster_program import quiet_port
from tests.chaos.tab import Tab
from tests.chaos.tab_login import Login

NAME = "rolling"
DEMAND = "0 acknowledged messages lost; every turn ends; tabs = database; exit <= 30 s"
MAX_EXIT_SECONDS = 30.0
DRAIN_SECONDS = 5  # short of the longest answers, so that some are cut off
LONGEST_ANSWER_SECONDS = 8.0
COMING_BACK_SECONDS = 30.0  # a restart spreads them over 5


@dataclass
class Tally:
    """What came of all restarts."""

    restarts: int = 0
    exit_seconds: list[float] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)


@dataclass
class Deployment:
    """A balancer with web processes behind it, and workers."""

    site: Site
    balancer: Balancer
    web: list[Server]
    workers: list[Server]

    @property
    def servers(self) -> list[Server]:
        return [*self.workers, *self.web]

    @classmethod
    async def begin(
        cls,
        cluster: Cluster,
        stack: AsyncExitStack,
        url: str,
        redis_url: str,
        count: int = 2,
    ) -> "Deployment":
        """Start `count` processes of each kind."""
        balancer = await stack.enter_async_context(Balancer(quiet_port()))
        site = cluster.site(
            "site",
            url,
            REDIS_URL=redis_url,
            PUBLIC_URL=balancer.url,
            DRAIN_SECONDS=str(DRAIN_SECONDS),
        )
        web = [site.server("web") for _ in range(count)]
        workers = [site.server("worker") for _ in range(count)]
        # The first one alone: it makes the tables and the account.
        await web[0].launch("/readyz")
        others = [*web[1:], *workers]
        await asyncio.gather(*(server.launch("/readyz") for server in others))
        balancer.servers = web
        await balancer.look()
        return cls(site, balancer, web, workers)


async def run(scale: Scale, seed: int, folder: Path) -> Result:
    """Restart all four twice in full, one web and one worker in short. Raises Missing."""
    begun = time.monotonic()
    tally, chance = Tally(), random.Random(seed)
    is_full = scale == "full"
    async with Cluster(folder) as cluster, AsyncExitStack() as stack:
        await cluster.start_simulator()
        postgres, redis = await cluster.start_postgres(), await cluster.start_redis()
        url = postgres.make_database("rolling")
        all_of_it = await Deployment.begin(cluster, stack, url, redis.url)
        login = await Login.at_server(all_of_it.balancer.url)
        await stack.enter_async_context(login)
        tabs, onlookers = [
            [
                await stack.enter_async_context(Tab(login, chance=chance))
                for _ in range(12 if is_full else 3)
            ]
            for _ in ("talking", "looking on")
        ]
        longest = LONGEST_ANSWER_SECONDS if is_full else 2.0
        load = Load("talk", chance, (0.5, longest))
        load.begin(tabs, onlookers)
        await asyncio.sleep(2)
        one_of_each = [all_of_it.workers[0], all_of_it.web[0]]
        for server in all_of_it.servers * 2 if is_full else one_of_each:
            await _restart(server, tally)
        entries = await load.stop()
        await _come_back(onlookers)
        _judge(entries, tabs, onlookers, all_of_it.site, tally)
    return _result(tally, load, entries, seed, time.monotonic() - begun)


async def _come_back(tabs: list[Tab]) -> None:
    """Wait for tabs that stay away for a moment, as they do when a process restarts.

    Who does not come back, or not to everything it watches, is for `_judge` to find.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(COMING_BACK_SECONDS):
            for tab in tabs:
                await tab.until(lambda tab=tab: tab.is_current)  # type: ignore[misc]


async def _restart(server: Server, tally: Tally) -> None:
    server.ask_to_stop()
    took = await server.ended(MAX_EXIT_SECONDS + 5)
    if took is None:
        took = MAX_EXIT_SECONDS + 5
        server.kill()
    code = server.exit_code
    tally.findings.check(took <= MAX_EXIT_SECONDS, f"exit: {seconds(took)}", "exit")
    tally.findings.check(code == 0, f"{server.name}: exit code {code}", "exit")
    tally.exit_seconds.append(took)
    await server.launch("/readyz")
    tally.restarts += 1
    await asyncio.sleep(1)


def _judge(
    entries: list[Entry],
    tabs: list[Tab],
    onlookers: list[Tab],
    site: Site,
    tally: Tally,
) -> None:
    stored = Stored.read(site.rows())
    judge(entries, stored, tally.findings)
    partner = dict(zip(map(id, tabs), onlookers, strict=True))
    for entry in entries:
        seen = partner[id(entry.tab)].text(entry.turn)
        kept = stored.answer(entry)
        about = f"turn {entry.turn}: a second tab shows …{seen[-40:]!r}, not …{kept[-40:]!r}"
        tally.findings.check(seen == kept, about, "onlooker")


def _result(
    tally: Tally, load: Load, entries: list[Entry], seed: int, took: float
) -> Result:
    findings = tally.findings
    states = [entry.tab.state.turns[entry.turn].state for entry in entries]
    return Result(
        name=NAME,
        demand=DEMAND,
        measured=(
            f"{findings.count('message')} of {len(entries)}; {findings.count('state')}"
            f" without an end; {findings.count('text', 'onlooker')} differ;"
            f" {seconds(max(tally.exit_seconds))}"
        ),
        runs=tally.restarts,
        passed=not findings,
        seed=seed,
        seconds=took,
        details=[
            f"{states.count('completed')} answers completed,"
            f" {states.count('interrupted')} interrupted by the drain of"
            f" {DRAIN_SECONDS} s",
            f"a message was acknowledged after {seconds(percentile(load.waits, 50))}"
            f" (median), {seconds(percentile(load.waits, 95))} (p95), at most"
            f" {seconds(max(load.waits))}",
            *findings.lines(),
        ],
    )
