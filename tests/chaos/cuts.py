"""Sockets are cut at random moments while three tabs watch one conversation.

Every turn counts the cuts that fell into it. They are good when, at its end, each tab
shows the stored text, block by block, and that is what the upstream says to the same
request in one piece (its beginning, when the answer was broken off).
"""

import asyncio
import json
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.campaign import Result, Scale
from tests.chaos.campaign_figures import percentile
from tests.chaos.cuts_questions import KINDS, Question, make_question, notes
from tests.chaos.served import Served, one_process, two_processes
from tests.chaos.tab import Accepted, Tab
from tests.chaos.tab_login import Login, stored_text
from tests.chaos.upstream import Upstream

CUTS = {"short": 12, "full": 500}
CUT_SECONDS = 0.12  # between two cuts, on average
# A laptop that comes back at once, one that needs a moment, one that is away for long.
BACK_SECONDS = (0.02, 0.2, 1.0)
ALLOWED_P95_SECONDS = 1.0
DEMAND = "text in every tab = database = one-shot text; catch-up p95 <= 1 s"


@dataclass
class Tally:
    """What the turns so far have shown."""

    cuts: int = 0
    good: int = 0
    turns: int = 0
    characters: int = 0
    missed_ends: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


async def cut_sockets(scale: Scale, seed: int, folder: Path) -> Result:
    """One process on SQLite serves all tabs."""
    async with one_process(folder) as served:
        return await _cut("sockets cut", served, CUTS[scale], seed)


async def cut_sockets_of_two(scale: Scale, seed: int, folder: Path) -> Result:
    """The tabs hang on two processes, with PostgreSQL and Redis below."""
    async with two_processes(folder) as served:
        return await _cut("sockets cut, two processes", served, CUTS[scale], seed)


async def _cut(name: str, served: Served, cuts: int, seed: int) -> Result:
    begun, tally, chance = time.monotonic(), Tally(), random.Random(seed)
    async with AsyncExitStack() as stack:
        login = await Login.at_server(served.url(0))
        await stack.enter_async_context(login)
        tabs = [
            await stack.enter_async_context(
                Tab(login, served.url(n), chance=chance, first_delay_seconds=seconds)
            )
            for n, seconds in enumerate(BACK_SECONDS)
        ]
        run = _Run(login, tabs, served.upstream, chance, tally)
        while tally.cuts < cuts and not tally.failures:
            await run.conversation(cuts)
    catch_ups = [seconds for tab in tabs for seconds in tab.catch_ups]
    p95 = percentile(catch_ups, 95)
    wrong = tally.failures + [text for tab in tabs for text in tab.state.disagreements]
    return Result(
        name=name,
        demand=f"{cuts}/{cuts}: {DEMAND}",
        measured=f"{tally.good}/{tally.cuts}; p95 {p95:.3f} s",
        runs=tally.cuts,
        passed=tally.cuts >= cuts and p95 <= ALLOWED_P95_SECONDS and not wrong,
        seed=seed,
        seconds=time.monotonic() - begun,
        details=[
            f"{tally.turns} turns, {tally.characters:,} characters; cuts by the kind of"
            f" answer: {tally.kinds}",
            f"{len(catch_ups)} catch-ups: p50 {percentile(catch_ups, 50):.3f} s,"
            f" p95 {p95:.3f} s, longest {max(catch_ups, default=0):.3f} s",
            f"{tally.missed_ends} times a tab was away when the turn ended;"
            f" {sum(tab.resyncs for tab in tabs)} gaps asked about",
            *wrong,
        ],
    )


class _Run:
    """The tabs of a campaign, and what they have seen."""

    def __init__(
        self,
        login: Login,
        tabs: list[Tab],
        upstream: Upstream,
        chance: random.Random,
        tally: Tally,
    ) -> None:
        self._login = login
        self._tabs = tabs
        self._upstream = upstream
        self._chance = chance
        self._tally = tally

    async def conversation(self, cuts: int) -> None:
        """Ask one question of each kind, in any order, until there were enough cuts."""
        attachment = await self._login.upload("notes.txt", notes(self._chance).encode())
        conversation: str | None = None
        for kind in self._chance.sample(KINDS, len(KINDS)):
            if self._tally.cuts >= cuts:
                break
            question = make_question(kind, self._chance, attachment)
            conversation = await self._turn(question, conversation)
        for tab in self._tabs:
            if conversation is not None:
                await tab.unwatch(conversation)

    async def _turn(self, question: Question, conversation: str | None) -> str:
        asked_before = len(self._upstream.turns)
        self._upstream.break_after = lambda asked: (
            question.break_after_bytes if asked.is_turn else None
        )
        accepted, cuts = await self._ask(question, conversation)
        conversation, turn = accepted.conversation, accepted.turn
        for tab in self._tabs:
            await tab.watch(conversation)
        cuts += await self._cut_until_ended(turn, question)
        states = [await tab.ended(turn) for tab in self._tabs]
        asked = self._upstream.turns[asked_before:]
        one_shot = await self._upstream.one_shot(asked[-1])
        faults = await self._faults(question, accepted, states, one_shot)
        tally = self._tally
        tally.turns += 1
        tally.kinds[question.kind] = tally.kinds.get(question.kind, 0) + cuts
        tally.cuts += cuts
        tally.good += 0 if faults else cuts
        tally.characters += len(one_shot)
        tally.failures += faults
        return conversation

    async def _ask(
        self, question: Question, conversation: str | None
    ) -> tuple[Accepted, int]:
        """Send a message, and often break the connection before it is accepted.

        Returns the acceptance and the number of cuts.
        """
        cuts = 0
        tab = self._chance.choice(self._tabs)
        fields = dict(question.fields)
        if conversation is not None:
            fields["conversation"] = conversation
        sent = await tab.post("message.send", text=question.text, **fields)
        if self._chance.random() < 0.5:
            await asyncio.sleep(self._chance.random() * 0.02)
            cuts += tab.cut()
        await tab.until(lambda: sent in tab.accepted or sent in tab.rejected)
        assert sent in tab.accepted, tab.rejected[sent]
        return tab.accepted[sent], cuts

    async def _cut_until_ended(self, turn: str, question: Question) -> int:
        """Cut random tabs while the turn runs; return how often."""
        cuts = 0
        stop_after = self._chance.random() * 3 if question.ends == "cancelled" else None
        begun = time.monotonic()
        while not any(self._has_seen_the_end(tab, turn) for tab in self._tabs):
            await asyncio.sleep(self._chance.expovariate(1 / CUT_SECONDS))
            tab = self._chance.choice(self._tabs)
            if stop_after is not None and time.monotonic() - begun > stop_after:
                # Again and again: a cut may have swallowed it.
                await tab.send("turn.cancel", turn=turn)
            cuts += tab.cut()
        self._tally.missed_ends += sum(
            not self._has_seen_the_end(tab, turn) for tab in self._tabs
        )
        return cuts

    def _has_seen_the_end(self, tab: Tab, turn: str) -> bool:
        shown = tab.state.turns.get(turn)
        return shown is not None and shown.is_closed

    async def _faults(
        self, question: Question, accepted: Accepted, states: list[str], one_shot: str
    ) -> list[str]:
        """Return what is wrong with a turn that has ended."""
        turn = accepted.turn
        stored = stored_text(await self._login.stored(accepted.conversation), turn)
        faults = []
        if states != [question.ends] * len(self._tabs):
            faults.append(f"states {states}, expected {question.ends}")
        if question.ends == "completed" and stored != one_shot:
            faults.append(f"stored {_difference(stored, one_shot)}")
        if not one_shot.startswith(stored):
            faults.append(f"stored {_difference(stored, one_shot)}")
        for number, tab in enumerate(self._tabs):
            if tab.text(turn) != stored:
                faults.append(f"tab {number} {_difference(tab.text(turn), stored)}")
        # A tab that was away for all of a turn shows the stored message instead.
        answers = [tab.state.turns[turn].answers for tab in self._tabs]
        first, *others = [json.dumps(blocks) for blocks in answers if blocks] or [""]
        faults += [
            f"blocks: {_difference(other, first)}" for other in others if other != first
        ]
        return [f"turn {turn} ({question.kind}): {fault}" for fault in faults]


def _difference(text: str, expected: str) -> str:
    pairs = zip(text, expected, strict=False)
    place = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
    if place is None:
        place = min(len(text), len(expected))
    return (
        f"differs at {place} of {len(text)}/{len(expected)}:"
        f" {text[place : place + 40]!r} for {expected[place : place + 40]!r}"
    )
