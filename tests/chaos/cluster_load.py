"""People who talk to Claude without pause, while something else happens."""

import asyncio
import random
import time
from dataclasses import dataclass, field

from tests.chaos.campaign_ledger import Entry, Ledger
from tests.chaos.cluster_texts import question
from tests.chaos.tab import Tab


@dataclass
class Load:
    """One conversation per tab, message after message, until it is told to stop.

    `name` is in every message: two loads on one database must not ask the same.
    """

    name: str
    chance: random.Random
    answer_seconds: tuple[float, float]
    ledger: Ledger = field(default_factory=Ledger)
    # From sending a message to its acceptance.
    waits: list[float] = field(default_factory=list)
    _is_stopping: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def begin(self, tabs: list[Tab], onlookers: list[Tab] | None = None) -> None:
        """Have each tab talk; an onlooker each watches the same conversation."""
        others: list[Tab | None] = [*onlookers] if onlookers else [None] * len(tabs)
        for place, (tab, other) in enumerate(zip(tabs, others, strict=True)):
            talk = self._talk(tab, other, f"{self.name}{place}")
            self._tasks.append(asyncio.create_task(talk))

    async def stop(self, timeout_seconds: float = 90) -> list[Entry]:
        """Ask nothing more; return what was asked, when all of it has ended."""
        self._is_stopping = True
        await asyncio.gather(*self._tasks)
        await self.ledger.settle(timeout_seconds)
        return self.ledger.entries

    async def _talk(self, tab: Tab, onlooker: Tab | None, name: str) -> None:
        conversation, number = None, 0
        while not self._is_stopping:
            number += 1
            asked = question(
                f"{name}-{number}", self.chance.uniform(*self.answer_seconds)
            )
            sent_at = time.monotonic()
            entry = await self.ledger.ask(tab, asked, conversation)
            await tab.until(lambda entry=entry: entry.is_accepted, 150)  # type: ignore[misc]
            self.waits.append(time.monotonic() - sent_at)
            if conversation is None and onlooker is not None:
                await onlooker.watch(entry.conversation)
            conversation = entry.conversation
            await tab.ended(entry.turn, 150)
