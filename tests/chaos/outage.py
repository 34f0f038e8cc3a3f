"""Redis, PostgreSQL and the disk are taken away under load, and given back.

Two web and two worker processes lose Redis, later PostgreSQL, for a minute each while
people talk and long answers run. A process on SQLite finds its disk full. Nothing may
end, people must be told, and soon after the return everything must go on.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.campaign import Result, Scale
from tests.chaos.campaign_figures import Findings, seconds
from tests.chaos.campaign_ledger import Entry, Ledger, Stored, judge
from tests.chaos.cluster import Cluster, Server
from tests.chaos.cluster_disk import SmallDisk
from tests.chaos.cluster_load import Load
from tests.chaos.cluster_program import status_of
from tests.chaos.cluster_stores import Missing
from tests.chaos.cluster_texts import question
from tests.chaos.outage_blips import restart_often
from tests.chaos.outage_listener import Listener
from tests.chaos.rolling import Deployment
from tests.chaos.tab_login import Login

NAME = "outage"
DEMAND = "0 processes ended; people told; back <= 10 s; 0 acknowledged messages lost"
MAX_RECOVERY_SECONDS = 10.0
MAX_NOTICE_SECONDS = 15.0
DISK_BYTES = 24 * 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """For how long things are away, and who is there meanwhile."""

    away_seconds: float
    full_disk_seconds: float
    processes: int  # of each kind
    restarts: int  # of PostgreSQL, one after the other
    people: int


SHORT = Plan(away_seconds=3, full_disk_seconds=2, processes=1, restarts=1, people=2)
FULL = Plan(away_seconds=60, full_disk_seconds=20, processes=2, restarts=10, people=6)

type Step = Callable[[], Awaitable[None]]


@dataclass
class Tally:
    """What came of each outage, by its name."""

    asked: int = 0
    notice_seconds: dict[str, float] = field(default_factory=dict)
    recovery_seconds: dict[str, float] = field(default_factory=dict)
    restarts: int = 0
    completed: dict[str, int] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    skipped: list[str] = field(default_factory=list)


async def run(scale: Scale, seed: int, folder: Path) -> Result:
    """Take Redis and PostgreSQL away, and fill a disk. Raises Missing."""
    begun = time.monotonic()
    tally, chance = Tally(), random.Random(seed)
    plan = FULL if scale == "full" else SHORT
    async with Cluster(folder) as cluster:
        await cluster.start_simulator()
        await _take_servers_away(cluster, plan, chance, tally)
        try:
            await _fill_the_disk(cluster, plan, chance, tally)
        except Missing as missing:
            tally.skipped.append(f"The disk was not filled: {missing}")
    return _result(tally, plan, seed, time.monotonic() - begun)


def _result(tally: Tally, plan: Plan, seed: int, took: float) -> Result:
    findings = tally.findings
    recovery = ", ".join(
        f"{name} {seconds(took)}" for name, took in tally.recovery_seconds.items()
    )
    return Result(
        name=NAME,
        demand=DEMAND,
        measured=(
            f"{findings.count('ended')}; {findings.count('notice')} not told;"
            f" {recovery}; {findings.count('message')} of {tally.asked}"
        ),
        runs=len(tally.recovery_seconds),
        passed=not findings,
        seed=seed,
        seconds=took,
        details=[
            f"Redis and PostgreSQL were away for {plan.away_seconds:.0f} s each, and"
            f" PostgreSQL was restarted {tally.restarts} times more",
            *(
                f"{name}: every tab was told after {seconds(took)},"
                f" {tally.completed[name]} answers under way came to their end"
                for name, took in tally.notice_seconds.items()
            ),
            *tally.skipped,
            *findings.lines(),
        ],
    )


async def _take_servers_away(
    cluster: Cluster, plan: Plan, chance: random.Random, tally: Tally
) -> None:
    async with AsyncExitStack() as stack:
        postgres, redis = await cluster.start_postgres(), await cluster.start_redis()
        url = postgres.make_database("outage")
        all_of_it = await Deployment.begin(
            cluster, stack, url, redis.url, plan.processes
        )
        people = await _people(stack, all_of_it.balancer.url, plan.people, chance)
        for name, reason, stop, start in (
            ("Redis", "relay_unavailable", redis.stop, redis.start),
            ("PostgreSQL", "database_unavailable", postgres.stop, postgres.start),
        ):
            outage = Outage(
                name, reason, plan.away_seconds, people, all_of_it.servers, tally
            )
            await outage.run(stop, start, chance)
            stored = Stored.read(all_of_it.site.rows())
            outage.judge(stored)
        entries = await restart_often(
            all_of_it, postgres, [*people], plan.restarts, chance, tally.findings
        )
        tally.asked += len(entries)
        tally.restarts += plan.restarts


async def _fill_the_disk(
    cluster: Cluster, plan: Plan, chance: random.Random, tally: Tally
) -> None:
    """Fill the disk of a process on SQLite. Raises Missing when no disk can be made."""
    async with AsyncExitStack() as stack:
        site = cluster.site("disk")
        disk = stack.enter_context(SmallDisk(site.data_dir, DISK_BYTES))
        server = site.server()
        await server.launch()
        people = await _people(stack, server.url, plan.people, chance)
        outage = Outage(
            "disk",
            "storage_full",
            plan.full_disk_seconds,
            people,
            [server],
            tally,
        )
        await outage.run(disk.fill, disk.empty, chance)
        outage.judge(Stored.read(site.rows()))
        # While a campaign is about to end, nothing may hold the disk.
        server.kill()


async def _people(
    stack: AsyncExitStack, url: str, count: int, chance: random.Random
) -> list[Listener]:
    login = await stack.enter_async_context(await Login.at_server(url))
    return [
        await stack.enter_async_context(Listener(login, chance=chance))
        for _ in range(count)
    ]


@dataclass
class Outage:
    """One thing that is away for a while."""

    name: str
    reason: str
    away_seconds: float
    people: list[Listener]
    servers: list[Server]
    tally: Tally
    entries: list[Entry] = field(default_factory=list)

    async def run(self, stop: Step, start: Step, chance: random.Random) -> None:
        """Take it away while people talk, give it back, and see everything go on."""
        running = await self._begin_long_answers(chance)
        load = Load(f"{self.name}-talk", chance, (0.5, 4.0))
        load.begin(list(self.people))
        await asyncio.sleep(2)
        lives = [server.pid for server in self.servers]
        stopped_at = time.monotonic()
        await stop()
        probing = asyncio.create_task(self._look_at_probes())
        await self._see_notices(stopped_at)
        await self._try_reading()
        await asyncio.sleep(max(0, stopped_at + self.away_seconds - time.monotonic()))
        probing.cancel()
        await asyncio.gather(probing, return_exceptions=True)
        # It may be noticed before whoever starts it says that it is there.
        starts_at = time.monotonic()
        await start()
        await self._see_recovery(starts_at, time.monotonic(), load)
        self.entries = [*running.entries, *await load.stop()]
        await running.settle()
        self._check_lives(lives)
        self._count_completed(running)

    def judge(self, stored: Stored) -> None:
        self.tally.asked += len(self.entries)
        judge(self.entries, stored, self.tally.findings)

    async def _begin_long_answers(self, chance: random.Random) -> Ledger:
        """Have answers that end while it is away, and some that end after it."""
        ledger = Ledger()
        for number, tab in enumerate(self.people):
            for place in range(2):
                lasts = chance.uniform(0.5, 1.3) * self.away_seconds + 2
                asked = question(f"{self.name}-{number}-{place}", lasts)
                await ledger.ask(tab, asked)
        return ledger

    async def _see_notices(self, stopped_at: float) -> None:
        """Every tab must be told, and told what is away."""
        took = 0.0
        for tab in self.people:
            told = await tab.told("server.impaired", self.reason, stopped_at)
            if told is None:
                about = f"{self.name}: a tab was not told in {MAX_NOTICE_SECONDS} s"
                self.tally.findings.add("notice", about)
            else:
                took = max(took, told - stopped_at)
        self.tally.notice_seconds[self.name] = took

    async def _try_reading(self) -> None:
        """A page is either shown or says 503; a full disk does not hinder reading."""
        expected = {"database_unavailable": 503}.get(self.reason, 200)
        answer = await self.people[0].login.client.get("/")
        status = answer.status_code
        about = f"{self.name}: a page was answered with {status}"
        self.tally.findings.check(status == expected, about, "reading")

    async def _look_at_probes(self) -> None:
        """/healthz is about the process alone: who restarts it would make it worse."""
        while True:
            for server in self.servers:
                status = await status_of(server.port, "/healthz")
                about = f"{self.name}: /healthz of {server.name} said {status}"
                self.tally.findings.check(status == 200, about, "probe")
            await asyncio.sleep(1)

    async def _see_recovery(
        self, starts_at: float, returned_at: float, load: Load
    ) -> None:
        """Everybody is told, and a new message is accepted and begins to be answered."""
        asked = [
            await load.ledger.ask(tab, question(f"{self.name}-after{number}", 0.2))
            for number, tab in enumerate(self.people)
        ]
        for tab in self.people:
            if await tab.told("server.recovered", None, starts_at) is None:
                about = f"{self.name}: a tab was not told that it is back"
                self.tally.findings.add("notice", about)
        for entry in asked:
            await entry.tab.until(lambda entry=entry: entry.has_content)  # type: ignore[misc]
        took = time.monotonic() - returned_at
        about = f"{self.name}: back after {seconds(took)}"
        self.tally.findings.check(took <= MAX_RECOVERY_SECONDS, about, "recovery")
        self.tally.recovery_seconds[self.name] = took

    def _check_lives(self, lives: list[int]) -> None:
        for server, pid in zip(self.servers, lives, strict=True):
            is_same = server.is_running and server.pid == pid
            self.tally.findings.check(is_same, f"{server.name} ended", "ended")

    def _count_completed(self, running: Ledger) -> None:
        states = [entry.tab.state.turns[entry.turn].state for entry in running.entries]
        self.tally.completed[self.name] = states.count("completed")
        about = f"{self.name}: answers under way ended as {sorted(set(states))}"
        self.tally.findings.check(set(states) == {"completed"}, about, "running")
