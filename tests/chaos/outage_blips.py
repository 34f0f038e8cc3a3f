"""PostgreSQL is restarted again and again, at moments when anything may be under way.

An outage of a minute meets a process in a few states only; many short ones find those
in which a query was just being made.
"""

import asyncio
import random

from tests.chaos.campaign_figures import Findings
from tests.chaos.campaign_ledger import Entry, Stored, judge
from tests.chaos.cluster_load import Load
from tests.chaos.cluster_stores import Postgres
from tests.chaos.rolling import Deployment
from tests.chaos.tab import Tab

UP_SECONDS = (0.5, 4.0)
ANSWER_SECONDS = (0.1, 2.0)


async def restart_often(
    all_of_it: Deployment,
    postgres: Postgres,
    people: list[Tab],
    restarts: int,
    chance: random.Random,
    findings: Findings,
) -> list[Entry]:
    """Restart PostgreSQL while people talk; return what they asked.

    Every answer has to come to its end: nobody but the database was away.
    """
    load = Load("blip", chance, ANSWER_SECONDS)
    load.begin(people)
    for _ in range(restarts):
        await asyncio.sleep(chance.uniform(*UP_SECONDS))
        await postgres.stop()
        await postgres.start()
    entries = await load.stop()
    judge(entries, Stored.read(all_of_it.site.rows()), findings)
    states = {entry.tab.state.turns[entry.turn].state for entry in entries}
    about = f"restarts of PostgreSQL: answers ended as {sorted(states)}"
    findings.check(states == {"completed"}, about, "running")
    for server in all_of_it.servers:
        findings.check(server.is_running, f"{server.name} ended", "ended")
    return entries
