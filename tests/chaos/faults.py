"""An upstream of faults: every script of tests/faults, each in a conversation of its own.

A script is good when the turn ends as the script says: state, error, action, text in the
tab and in the database, requests and usage. Its conversation is usable when the next
message is answered.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.chaos.campaign import Result, Scale
from tests.chaos.campaign_figures import Findings
from tests.chaos.cluster import Cluster
from tests.chaos.tab import Tab
from tests.chaos.tab_login import Login, stored_text
from tests.faults.asked import Asked
from tests.faults.catalogue import SCRIPTS
from tests.faults.scripts import Ends, Script
from tests.faults.texts import whole
from tests.faults.upstream import WELL, FaultUpstream

type Json = dict[str, Any]

NAME = "faults"
DEMAND = "every one in the expected state, conversation usable after"
SAMPLE = 40  # scripts of the short form
TABS = 24
READ_TIMEOUT_SECONDS = 3  # of the server: a stalled script shall not take minutes
LONGEST_SECONDS = 400.0
SHORTEST_BACK_OFF_SECONDS = 0.25


@dataclass
class Tally:
    """What the scripts so far have shown."""

    good: int = 0
    usable: int = 0
    requests: int = 0
    findings: Findings = field(default_factory=Findings)


async def run(scale: Scale, seed: int, folder: Path) -> Result:
    """Play the scripts in an order of chance, two dozen at a time."""
    begun, tally, chance = time.monotonic(), Tally(), random.Random(seed)
    scripts = _chosen(scale, chance)
    async with Cluster(folder) as cluster, FaultUpstream(SCRIPTS) as upstream:
        site = cluster.site(
            "one",
            ANTHROPIC_BASE_URL=upstream.url,
            ANTHROPIC_READ_TIMEOUT=str(READ_TIMEOUT_SECONDS),
        )
        server = site.server()
        await server.launch()
        async with await Login.at_server(server.url) as login:
            waiting = list(scripts)
            async with asyncio.TaskGroup() as tabs:
                for _ in range(min(TABS, len(scripts))):
                    tabs.create_task(_play_all(waiting, login, upstream, tally))
        tally.findings.check(upstream.strayed == 0, "a redirect was followed", "key")
    return _result(tally, scripts, seed, time.monotonic() - begun)


def _chosen(scale: Scale, chance: random.Random) -> list[Script]:
    if scale == "full":
        return chance.sample(SCRIPTS, len(SCRIPTS))
    quick = [script for script in SCRIPTS if not (script.is_long or script.stalls)]
    return chance.sample(quick, SAMPLE)


async def _play_all(
    waiting: list[Script], login: Login, upstream: FaultUpstream, tally: Tally
) -> None:
    async with Tab(login) as tab:
        while waiting:
            script = waiting.pop()
            try:
                await _play(script, tab, login, upstream, tally)
            except (AssertionError, TimeoutError) as error:
                tally.findings.add("script", f"{script}: {error!r}")
        for disagreement in tab.state.disagreements:
            tally.findings.add("tab", disagreement)


async def _play(
    script: Script, tab: Tab, login: Login, upstream: FaultUpstream, tally: Tally
) -> None:
    question = f"fault: {script.name}"
    accepted = await tab.begin("message.send", text=question)
    await tab.ended(accepted.turn, LONGEST_SECONDS)
    stored = await login.stored(accepted.conversation)
    asked = upstream.turns_about(question)
    tally.requests += len(asked)

    wrong = [
        *_differences(script.ends, _ends(stored, accepted.turn, len(asked))),
        *_wrong_text(script, tab.text(accepted.turn)),
        *_wrong_gaps(script, asked),
    ]
    for what in wrong:
        tally.findings.add("script", f"{script}: {what}")
    tally.good += not wrong

    after = await tab.ask("And now?", accepted.conversation)
    await tab.ended(after, LONGEST_SECONDS)
    stored = await login.stored(accepted.conversation)
    wrong = _differences(Ends(text=WELL), _ends(stored, after, 1))
    for what in wrong:
        tally.findings.add("script", f"{script}, the next message: {what}")
    tally.usable += not wrong


def _ends(stored: Json, turn_id: str, requests: int) -> Ends:
    turn = next(row for row in stored["turns"] if row["id"] == turn_id)
    usage = [
        row
        for row in stored["usage"]
        if row["turn"] == turn_id and row["purpose"] == "answer"
    ]
    error = turn["error"] or {}
    return Ends(
        turn["state"],
        error.get("type"),
        error.get("action"),
        whole(stored_text(stored, turn_id)),
        turn["stop_reason"],
        requests,
        len(usage),
        sum(row["is_estimated"] for row in usage),
    )


def _differences(expected: Ends, came: Ends) -> list[str]:
    return [
        f"{name} is {str(vars(came)[name])[:100]!r}, not {str(value)[:100]!r}"
        for name, value in vars(expected).items()
        if vars(came)[name] != value
    ]


def _wrong_text(script: Script, shown: str) -> list[str]:
    if whole(shown) == script.ends.text:
        return []
    return [f"the tab shows {shown[:100]!r}, not {script.ends.text[:100]!r}"]


def _wrong_gaps(script: Script, asked: list[Asked]) -> list[str]:
    """Say which retries came sooner than the upstream, or plain sense, had asked."""
    if script.rounds > 1:
        return []
    gaps = [after.at - before.at for before, after in pairwise(asked)]
    least = [script.asks or SHORTEST_BACK_OFF_SECONDS] * (len(script.attempts) - 1)
    short = [gap for gap, seconds in zip(gaps, least, strict=False) if gap < seconds]
    return [f"a retry came after {gap:.2f} s" for gap in short]


def _result(tally: Tally, scripts: list[Script], seed: int, seconds: float) -> Result:
    total = len(scripts)
    return Result(
        name="upstream fault scripts",
        demand=DEMAND,
        measured=f"{tally.good}/{total} as expected, {tally.usable}/{total} usable after",
        runs=total,
        passed=not tally.findings and tally.good == tally.usable == total,
        seed=seed,
        seconds=seconds,
        details=[
            f"{tally.requests:,} requests for {total:,} messages, retries included",
            *tally.findings.lines(),
        ],
    )
