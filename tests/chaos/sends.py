"""A thousand sends, each told once or many times over: each is carried out once.

The copies of a send come in a row, later, over several sockets at once, over HTTP, over
both, and again because the connection broke before the answer.
"""

import asyncio
import itertools
import json
import random
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.chaos.campaign import Result, Scale
from tests.chaos.campaign_figures import Findings
from tests.chaos.served import Served, one_process, two_processes
from tests.chaos.tab import Tab
from tests.chaos.tab_login import Login
from tests.chaos.tab_turn import LIVE_STATES

type Json = dict[str, Any]

SENDS = {"short": 24, "full": 1000}
TABS = 4
AT_ONCE = 12
BACK_SECONDS = 0.05
END_SECONDS = 120
FOLLOWS = 0.3  # how many of the sends go into a conversation that is there
DEMAND = "exactly {0:,} messages and {0:,} upstream turns"


async def repeat_sends(scale: Scale, seed: int, folder: Path) -> Result:
    """One process on SQLite takes all of them."""
    async with one_process(folder) as served:
        return await _repeat("sends repeated", served, SENDS[scale], seed)


async def repeat_sends_to_two(scale: Scale, seed: int, folder: Path) -> Result:
    """Copies of one send reach two processes; PostgreSQL decides between them."""
    async with two_processes(folder) as served:
        name = "sends repeated, two processes"
        return await _repeat(name, served, SENDS[scale], seed)


async def _repeat(name: str, served: Served, count: int, seed: int) -> Result:
    begun, chance = time.monotonic(), random.Random(seed)
    async with AsyncExitStack() as stack:
        login = await stack.enter_async_context(await Login.at_server(served.url(0)))
        logins = [
            await stack.enter_async_context(login.at(server.url))
            for server in served.servers
        ]
        senders = _Senders(logins, chance)
        for number in range(TABS):
            tab = Tab(
                login,
                served.url(number),
                on_event=senders.note,
                chance=chance,
                first_delay_seconds=BACK_SECONDS,
            )
            senders.tabs.append(await stack.enter_async_context(tab))
        await senders.send_all(count)
        await _until_idle(served)
    return _judge(name, served, senders, count, seed, begun)


class _Senders:
    """Whoever sends, and what each send was answered."""

    def __init__(self, logins: list[Login], chance: random.Random) -> None:
        self.tabs: list[Tab] = []
        self._logins = logins
        self._chance = chance
        # By client id: the message and turn that each answer named.
        self.answers: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self.created: Counter[str] = Counter()
        self.ways: Counter[str] = Counter()
        self.copies = 0
        self.cuts = 0
        self.findings = Findings()
        self._ways: dict[str, Callable[[Json], Awaitable[None]]] = {
            "once": self._once,
            "in a row": self._in_a_row,
            "later": self._later,
            "over all sockets": self._over_all_sockets,
            "over HTTP at once": self._over_http,
            "over socket and HTTP": self._over_both,
            "over a cut socket": self._over_a_cut_socket,
            "over HTTP, hung up": self._hung_up,
        }

    def note(self, event: Json) -> None:
        """Remember what an acceptance says."""
        if event["type"] == "message.accepted":
            self._remember(event["client_id"], event)

    async def send_all(self, count: int) -> None:
        numbers = itertools.count()
        async with asyncio.TaskGroup() as group:
            for _worker in range(AT_ONCE):
                group.create_task(self._work(numbers, count))

    async def _work(self, numbers: "itertools.count[int]", count: int) -> None:
        conversation: str | None = None
        while (number := next(numbers)) < count:
            client_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
            command = {
                "client_id": client_id,
                "text": f"[simulate: silent] [simulate: echo] send {number}.",
            }
            try:
                await self._send(command, conversation)
                conversation = await self._settle(client_id)
            except (AssertionError, TimeoutError) as error:
                self.findings.add(
                    "refused", f"{command}: {type(error).__name__} {error}"
                )
                conversation = None

    async def _send(self, command: Json, conversation: str | None) -> None:
        if conversation is not None and self._chance.random() < FOLLOWS:
            await self._send_on(command, conversation)
            return
        way = self._chance.choice(list(self._ways))
        self.ways[way] += 1
        await self._ways[way](command)

    async def _settle(self, client_id: str) -> str:
        """Wait for the answer of a send, let go of its conversation, and name it."""
        tab = self._tab()
        accepted = await tab.begin("message.send", client_id=client_id, text="a copy")
        await tab.watch(accepted.conversation)
        await tab.ended(accepted.turn)
        self.copies += 1
        for tab in self.tabs:
            await tab.unwatch(accepted.conversation)
        return accepted.conversation

    # The ways in which a send is told

    async def _once(self, command: Json) -> None:
        await self._tab().begin("message.send", **command)

    async def _in_a_row(self, command: Json) -> None:
        tab = self._tab()
        for _copy in range(3):
            await tab.post("message.send", **command)
        await tab.begin("message.send", **command)
        self.copies += 3

    async def _later(self, command: Json) -> None:
        await self._tab().begin("message.send", **command)
        await asyncio.sleep(self._chance.random())
        await self._tab().begin("message.send", **command)
        self.copies += 1

    async def _over_all_sockets(self, command: Json) -> None:
        await asyncio.gather(
            *(tab.begin("message.send", **command) for tab in self.tabs)
        )
        self.copies += len(self.tabs) - 1

    async def _over_http(self, command: Json) -> None:
        await asyncio.gather(*(self._post(command) for _copy in range(3)))
        self.copies += 2

    async def _over_both(self, command: Json) -> None:
        tab = self._tab()
        await asyncio.gather(self._post(command), tab.begin("message.send", **command))
        self.copies += 1

    async def _over_a_cut_socket(self, command: Json) -> None:
        tab = self._tab()
        client_id = await tab.post("message.send", **command)
        await asyncio.sleep(self._chance.random() * 0.02)
        self.cuts += tab.cut()
        self.copies += 1
        await tab.until(lambda: client_id in tab.accepted)

    async def _hung_up(self, command: Json) -> None:
        patience = self._chance.random() * 0.03
        try:
            async with asyncio.timeout(patience):
                await self._post(command)
        except TimeoutError:
            self.cuts += 1
        self.copies += 1
        await self._post(command)

    async def _send_on(self, command: Json, conversation: str) -> None:
        """Add to a conversation that has been answered, over all sockets at once."""
        self.ways["into a conversation"] += 1
        await self._over_all_sockets({**command, "conversation": conversation})

    def _tab(self) -> Tab:
        return self._chance.choice(self.tabs)

    async def _post(self, command: Json) -> None:
        login = self._chance.choice(self._logins)
        answer = await login.post("/conversations/", command)
        assert answer.status_code in (200, 201), answer.text
        self.created[command["client_id"]] += answer.status_code == 201
        self._remember(command["client_id"], answer.json())

    def _remember(self, client_id: str, accepted: Json) -> None:
        named = (accepted["message"]["id"], accepted["turn"]["id"])
        self.answers[client_id].add(named)


async def _until_idle(served: Served) -> None:
    """Wait until no turn is running."""
    rows = served.site.rows()
    async with asyncio.timeout(END_SECONDS):
        while True:
            states = {row["state"] for row in rows.turns().values()}
            if not states & LIVE_STATES:
                return
            await asyncio.sleep(0.2)


def _judge(
    name: str, served: Served, senders: _Senders, count: int, seed: int, begun: float
) -> Result:
    rows = served.site.rows()
    turns = rows.turns()
    messages = [row for row in rows.messages().values() if row["role"] == "user"]
    usage = rows.usage()
    asked = Counter(_asked_text(upstream.params) for upstream in served.upstream.turns)
    findings = senders.findings
    for what, number in {
        "user messages": len(messages),
        "turns": len(turns),
        "upstream turn requests": sum(asked.values()),
        "different upstream turn requests": len(asked),
        "usage rows": len(usage),
        "answered client ids": len(senders.answers),
        "completed turns": sum(row["state"] == "completed" for row in turns.values()),
    }.items():
        findings.check(number == count, f"{number} {what} for {count} sends")
    for client_id, named in senders.answers.items():
        findings.check(len(named) == 1, f"{client_id} was answered with {named}")
        findings.check(
            {turn for _message, turn in named} <= turns.keys(),
            f"{client_id}: the turn that was named is not stored",
        )
    for client_id, times in senders.created.items():
        findings.check(times <= 1, f"{client_id} was created {times} times over HTTP")
    return Result(
        name=name,
        demand=DEMAND.format(count),
        measured=f"{len(messages):,} messages, {sum(asked.values()):,} upstream turns",
        runs=count,
        passed=not findings,
        seed=seed,
        seconds=time.monotonic() - begun,
        details=[
            f"{senders.copies:,} copies, {senders.cuts} connections cut under them;"
            f" {served.upstream.titles:,} titles asked for apart",
            f"ways: {dict(senders.ways)}",
            *findings.lines(),
        ],
    )


def _asked_text(params: Json) -> str:
    """Return the last message of a request, which names its send."""
    content = params["messages"][-1]["content"]
    blocks = [block for block in content if block["type"] == "text"]
    return json.dumps([block["text"] for block in blocks])
