"""SIGSTOP of owners for longer than their leases, beside a process that lives on.

Some processes that answer are frozen together, a few of them in the middle of a
transaction, until another one has taken over what they were answering. Then they wake
up and find the rest of their answers in the network's buffers. From that moment on
nothing of theirs may change: rows are compared before and after.
"""

import asyncio
import contextlib
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.campaign import Result, Scale
from tests.chaos.campaign_figures import Findings, seconds
from tests.chaos.campaign_ledger import LIVE, Entry, Ledger, Stored, judge
from tests.chaos.cluster import Cluster, Server, Site
from tests.chaos.cluster_stores import Postgres
from tests.chaos.cluster_texts import question
from tests.chaos.tab import Tab
from tests.chaos.tab_login import Login

NAME = "freeze"
DEMAND = "every stale write refused; 0 doubled text; 0 doubled usage"
DATABASE = "frozen"
# A lease lasts 10 s, a sweep comes every 3 s, and a queued turn is claimed in 1 s.
MAX_TAKEN_OVER_SECONDS = 16.0
AWAKE_SECONDS = 3.0  # a heartbeat, and time to read what has piled up
REFUSED = "taken over by another owner"

TURNS = 2  # of each owner
ANSWER_SECONDS = (8.0, 16.0)
TRANSACTION_TRIES = 400
TRANSACTION_SHARE = 0.4


@dataclass
class Owner:
    """A process that answers and is frozen, and the tab that asks it."""

    server: Server
    tab: Tab
    in_transaction: bool = False


@dataclass
class Tally:
    """What came of all freezes."""

    freezes: int = 0
    in_transaction: int = 0
    turns: int = 0
    begun_again: int = 0
    refused: int = 0
    logged: int = 0
    taken_over_seconds: list[float] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)


async def run(scale: Scale, seed: int, folder: Path) -> Result:
    """Freeze 5 owners 10 times in full, 1 owner once in short. Raises Missing."""
    begun = time.monotonic()
    tally = Tally()
    chance = random.Random(seed)
    async with Cluster(folder) as cluster, AsyncExitStack() as stack:
        await cluster.start_simulator()
        postgres = await cluster.start_postgres()
        redis = await cluster.start_redis()
        site = cluster.site(
            "site", postgres.make_database(DATABASE), REDIS_URL=redis.url
        )
        survivor = site.server()
        await survivor.launch()
        login = await stack.enter_async_context(await Login.at_server(survivor.url))
        owners = []
        for _ in range(5 if scale == "full" else 1):
            server = site.server()
            await server.launch()
            tab = Tab(login.at(server.url), chance=chance)
            owners.append(Owner(server, await stack.enter_async_context(tab)))
        experiment = Experiment(site, postgres, owners, chance, tally)
        for number in range(10 if scale == "full" else 1):
            await experiment.freeze_all(number)
    return _result(tally, seed, time.monotonic() - begun)


def _result(tally: Tally, seed: int, took: float) -> Result:
    findings = tally.findings
    return Result(
        name=NAME,
        demand=DEMAND,
        measured=(
            f"{tally.refused} of {tally.freezes}; {findings.count('text')};"
            f" {findings.count('usage')}"
        ),
        runs=tally.freezes,
        passed=not findings and tally.refused == tally.freezes,
        seed=seed,
        seconds=took,
        details=[
            f"{tally.turns} answers of the frozen owners, {tally.begun_again} of which"
            " nothing was shown and which another process began again",
            f"{tally.in_transaction} owners were frozen in the middle of a transaction",
            f"taken over after at most {seconds(max(tally.taken_over_seconds))}",
            f"{tally.logged} refusals stand in the logs of those that woke up",
            *findings.lines(),
        ],
    )


class Experiment:
    """Freezes all owners at once, again and again."""

    def __init__(
        self,
        site: Site,
        postgres: Postgres,
        owners: list[Owner],
        chance: random.Random,
        tally: Tally,
    ) -> None:
        self._site, self._postgres, self._owners = site, postgres, owners
        self._chance, self._tally = chance, tally

    async def freeze_all(self, number: int) -> None:
        ledgers = [
            await self._ask(owner, number, n) for n, owner in enumerate(self._owners)
        ]
        await asyncio.sleep(self._chance.uniform(0.5, 3.0))
        for number_of_owner, owner in enumerate(self._owners):
            await self._ask_fresh(owner, ledgers[number_of_owner], number)
            await self._freeze(owner)
        await self._see_all_taken_over()
        entries = [entry for ledger in ledgers for entry in ledger.entries]
        before = self._frozen_rows(entries)
        logs = [len(owner.server.output) for owner in self._owners]
        for owner in self._owners:
            owner.server.thaw()
        await asyncio.sleep(AWAKE_SECONDS)
        self._count_refusals(ledgers, before, logs)
        await Ledger(entries).settle()
        judge(entries, Stored.read(self._site.rows()), self._tally.findings)

    async def _ask(self, owner: Owner, number: int, place: int) -> Ledger:
        ledger = Ledger()
        for turn in range(TURNS):
            name = f"{number}-{place}-{turn}"
            asked = question(name, self._chance.uniform(*ANSWER_SECONDS))
            await ledger.ask(owner.tab, asked)
        for entry in ledger.entries:
            await owner.tab.until(lambda entry=entry: entry.is_accepted)  # type: ignore[misc]
        return ledger

    async def _ask_fresh(self, owner: Owner, ledger: Ledger, number: int) -> None:
        """Sometimes have a turn of which nothing is shown when its owner freezes."""
        if self._chance.random() < 0.5:
            asked = question(f"{number}-{owner.server.name}-fresh", 3)
            entry = await ledger.ask(owner.tab, asked)
            await owner.tab.until(lambda: entry.is_accepted)

    async def _freeze(self, owner: Owner) -> None:
        wants_transaction = self._chance.random() < TRANSACTION_SHARE
        for _ in range(TRANSACTION_TRIES if wants_transaction else 1):
            owner.server.freeze()
            owner.in_transaction = self._is_in_transaction(owner.server)
            if owner.in_transaction or not wants_transaction:
                break
            owner.server.thaw()
            await asyncio.sleep(self._chance.uniform(0, 0.01))
        else:
            owner.server.freeze()
        self._tally.freezes += 1
        self._tally.in_transaction += owner.in_transaction

    def _is_in_transaction(self, server: Server) -> bool:
        """Say whether a connection of this process holds a transaction open."""
        ports = _local_ports(server.pid)
        with self._postgres.connect("postgres") as connection:
            rows = connection.execute(
                "SELECT client_port FROM pg_stat_activity"
                " WHERE state = 'idle in transaction'"
            ).fetchall()
        return any(row[0] in ports for row in rows)

    async def _see_all_taken_over(self) -> None:
        begun = time.monotonic()
        pids = [owner.server.pid for owner in self._owners]
        while stuck := self._owned_by(pids):
            if time.monotonic() - begun > MAX_TAKEN_OVER_SECONDS:
                locked = [o.server.pid for o in self._owners if o.in_transaction]
                self._tally.findings.add(
                    "stuck",
                    f"not taken over: {stuck}; in a transaction were {locked}",
                )
                break
            await asyncio.sleep(0.2)
        self._tally.taken_over_seconds.append(time.monotonic() - begun)

    def _owned_by(self, pids: list[int]) -> list[str]:
        return [
            f"{row['id']} {row['state']} {row['owner']}"
            for row in self._site.rows().turns().values()
            if row["state"] == "queued"
            or (
                row["state"] in LIVE and any(f":{pid}:" in row["owner"] for pid in pids)
            )
        ]

    def _frozen_rows(self, entries: list[Entry]) -> dict[str, Any]:
        """Return all that is stored of turns that have ended: it must stand still."""
        rows = self._site.rows()
        turns, ended = rows.turns(), dict[str, Any]()
        for entry in entries:
            turn = turns[entry.turn]
            self._tally.turns += 1
            self._tally.begun_again += turn["reruns"] > 0
            if turn["state"] not in LIVE:
                ended[entry.turn] = _all_of(entry.turn, turn, Stored.read(rows))
        return ended

    def _count_refusals(
        self, ledgers: list[Ledger], before: dict[str, Any], logs: list[int]
    ) -> None:
        rows = self._site.rows()
        turns, stored = rows.turns(), Stored.read(rows)
        for owner, ledger, start in zip(self._owners, ledgers, logs, strict=True):
            changed = [
                turn
                for entry in ledger.entries
                if (turn := entry.turn) in before
                and before[turn] != _all_of(turn, turns[turn], stored)
            ]
            self._tally.refused += not changed
            self._tally.logged += owner.server.output[start:].count(REFUSED)
            for turn in changed:
                self._tally.findings.add("text", f"{turn} was changed after its end")


def _all_of(turn_id: str, turn: dict[str, Any], stored: Stored) -> list[Any]:
    usage = [row for row in stored.usage if row["turn_id"] == turn_id]
    return [turn, stored.answers.get(turn_id), usage]


def _local_ports(pid: int) -> set[int]:
    """Return the ports of 127.0.0.1 that a process talks from."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        # A thread may close it in between.
        with contextlib.suppress(OSError):
            sockets.add(str(link.readlink()))
    ports = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if f"socket:[{words[9]}]" in sockets:
            ports.add(int(words[1].split(":")[1], 16))
    return ports
