"""kill -9 at random moments of running answers, on SQLite and on PostgreSQL.

Each lane is one server with a database of its own and one tab. Again and again the tab
asks in several conversations at random moments, the server is killed at another one and
started again at once. Then the database is compared with what the tab had seen.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.campaign import Result, Scale
from tests.chaos.campaign_figures import Findings, percentile, seconds
from tests.chaos.campaign_ledger import LIVE, Entry, Ledger, Stored, judge
from tests.chaos.cluster import Cluster, Server, Site
from tests.chaos.cluster_rows import Row
from tests.chaos.cluster_texts import question
from tests.chaos.tab import Tab
from tests.chaos.tab_login import Login

NAME = "kill"
DEMAND = (
    "0 acknowledged messages lost or doubled; <= 0.5 s of text lost; <= 15 s to settle"
)
MAX_LOST_SECONDS = 0.5
MAX_SETTLE_SECONDS = 15.0

STREAMS = 8
ASKED_WITHIN_SECONDS = 2.0
KILLED_WITHIN_SECONDS = 3.5
ANSWER_SECONDS = (0.5, 6.0)
THINKING_SHARE = 0.2


@dataclass(frozen=True)
class Seen:
    """What the tab showed of an answer that was under way when the server died."""

    entry: Entry
    is_acknowledged: bool
    is_live: bool
    has_content: bool
    characters: int

    @classmethod
    def now(cls, entry: Entry) -> "Seen":
        return cls(
            entry,
            entry.is_accepted,
            entry.is_live,
            entry.has_content,
            len(entry.shown),
        )


@dataclass
class Tally:
    """What came of all kills."""

    kills: int = 0
    asked: int = 0
    acknowledged: int = 0
    interrupted: int = 0
    rerun: int = 0
    rerun_though_shown: int = 0
    lost_seconds: list[float] = field(default_factory=list)
    settle_seconds: list[float] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)


async def run(scale: Scale, seed: int, folder: Path) -> Result:
    """Kill 200 times in full, once in short (on SQLite, which is always there)."""
    begun = time.monotonic()
    tally = Tally()
    async with Cluster(folder) as cluster:
        await cluster.start_simulator()
        if scale == "full":
            sites = await _all_sites(cluster)
        else:
            sites = [(cluster.site("sqlite0"), 1)]
        lanes = [Lane(site, random.Random(f"{seed}{site.name}")) for site, _ in sites]
        counts = [count for _, count in sites]
        pairs = zip(lanes, counts, strict=True)
        await asyncio.gather(*(lane.run(count, tally) for lane, count in pairs))
    return _result(tally, seed, time.monotonic() - begun)


async def _all_sites(cluster: Cluster) -> list[tuple[Site, int]]:
    """Return 100 kills on SQLite and 100 on PostgreSQL, where each takes longer.

    More lanes would be faster, but starting servers would then take what the answers
    need, and the text that is lost would tell of that.
    """
    postgres = await cluster.start_postgres()
    on_sqlite = [cluster.site(f"sqlite{number}") for number in range(2)]
    on_postgres = [
        cluster.site(f"postgres{number}", postgres.make_database(f"kill{number}"))
        for number in range(4)
    ]
    return [(site, 50) for site in on_sqlite] + [(site, 25) for site in on_postgres]


def _result(tally: Tally, seed: int, took: float) -> Result:
    lost, settled = tally.lost_seconds, tally.settle_seconds
    tally.findings.check(
        max(lost, default=0) <= MAX_LOST_SECONDS,
        f"{seconds(max(lost, default=0))} of text were lost once",
    )
    return Result(
        name=NAME,
        demand=DEMAND,
        measured=(
            f"{tally.findings.count('message')} of {tally.acknowledged};"
            f" {seconds(max(lost, default=0))}; {seconds(max(settled, default=0))}"
        ),
        runs=tally.kills,
        passed=not tally.findings,
        seed=seed,
        seconds=took,
        details=[
            f"{tally.asked} messages sent, {tally.acknowledged} acknowledged before"
            " the kill, the others sent again after it",
            f"{tally.interrupted} answers interrupted, {tally.rerun} begun again by"
            f" themselves ({tally.rerun_though_shown} of them although text was shown)",
            f"text lost: median {seconds(percentile(lost, 50))}, p95"
            f" {seconds(percentile(lost, 95))}, most {seconds(max(lost, default=0))}",
            f"settled after a start: median {seconds(percentile(settled, 50))}, p95"
            f" {seconds(percentile(settled, 95))}",
            *tally.findings.lines(),
        ],
    )


class Lane:
    """One server that is killed again and again, and the person who uses it."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self._site = site
        self._server: Server = site.server()
        self._chance = chance
        self._conversations: list[str] = []

    async def run(self, kills: int, tally: Tally) -> None:
        await self._server.launch()
        login = await Login.at_server(self._server.url)
        async with login, Tab(login, chance=self._chance) as tab:
            for number in range(kills):
                await self._kill_once(tab, number, tally)

    async def _kill_once(self, tab: Tab, number: int, tally: Tally) -> None:
        entries = await self._ask_until_the_kill(tab, number)
        pid, killed_at = self._server.pid, self._server.kill()
        started_at = time.monotonic()
        self._server.start()
        await tab.until(lambda: not tab.line.is_open)
        seen = [Seen.now(entry) for entry in entries]
        await self._server.answers("/healthz")
        await tab.until(lambda: not tab.unaccepted)
        tally.settle_seconds.append(await self._settle(pid, started_at, tally))
        await Ledger(entries).settle()
        stored = Stored.read(self._site.rows())
        judge(entries, stored, tally.findings)
        for before in seen:
            _judge_survival(before, stored, killed_at, tally)
        tally.kills += 1
        self._conversations = [entry.conversation for entry in entries]

    async def _ask_until_the_kill(self, tab: Tab, number: int) -> list[Entry]:
        """Ask at random moments until the moment of the kill, which is one as well."""
        chance, ledger = self._chance, Ledger()
        moments = sorted(
            chance.uniform(0, ASKED_WITHIN_SECONDS) for _ in range(STREAMS)
        )
        begun = time.monotonic()
        kill_at = begun + chance.uniform(0.1, KILLED_WITHIN_SECONDS)
        known = list(self._conversations)
        for place, moment in enumerate(moments):
            if begun + moment >= kill_at:
                break
            await asyncio.sleep(max(0, begun + moment - time.monotonic()))
            asked = question(
                f"{self._site.name}-{number}-{place}",
                chance.uniform(*ANSWER_SECONDS),
                thinks=chance.random() < THINKING_SHARE,
            )
            await ledger.ask(tab, asked, known.pop() if known else None)
        await asyncio.sleep(max(0, kill_at - time.monotonic()))
        return ledger.entries

    async def _settle(self, dead: int, started_at: float, tally: Tally) -> float:
        """Return how long after the start nothing was left of the dead process."""
        while stuck := self._stuck(dead):
            if time.monotonic() - started_at > MAX_SETTLE_SECONDS:
                tally.findings.add("stuck", f"{self._site.name}: {stuck} after 15 s")
                break
            await asyncio.sleep(0.2)
        return time.monotonic() - started_at

    def _stuck(self, dead: int) -> list[str]:
        return [
            f"{row['id']} {row['state']}"
            for row in self._site.rows().turns().values()
            if row["state"] in LIVE and not (row["is_leased"] and not _is_of(row, dead))
        ]


def _is_of(turn: Row, pid: int) -> bool:
    return f":{pid}:" in turn["owner"]


def _judge_survival(
    before: Seen, stored: Stored, killed_at: float, tally: Tally
) -> None:
    """Judge what became of one message, and of the text that was shown of its answer."""
    tally.asked += 1
    tally.acknowledged += before.is_acknowledged
    row = stored.row(before.entry)
    if not before.is_live or row is None:
        return
    kept = len(stored.answer(before.entry))
    if row["state"] == "interrupted":
        tally.interrupted += 1
        # Thinking may have been shown on a connection that broke; none of it is kept.
        was_shown = kept > 0 or before.has_content or before.entry.question.thinks
        about = f"{row['id']} was not begun again although nothing was shown"
        tally.findings.check(was_shown, about, "rerun")
        tally.lost_seconds.append(_lost_seconds(before, kept, killed_at))
    elif row["reruns"]:
        tally.rerun += 1
        tally.rerun_though_shown += before.has_content
        tally.lost_seconds.append(_lost_seconds(before, 0, killed_at))


def _lost_seconds(before: Seen, kept: int, killed_at: float) -> float:
    """Return for how long the kept text had been all that was shown."""
    if kept >= before.characters:
        return 0.0
    marks = before.entry.tab.marks[before.entry.turn]
    reached = next(mark.at for mark in marks if mark.characters >= max(kept, 1))
    return max(0.0, killed_at - reached)
