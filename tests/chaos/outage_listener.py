"""A tab that remembers what it was told of the server's troubles."""

import asyncio
import time
from typing import Any

from tests.chaos.tab import Tab
from tests.chaos.tab_login import Login

TOLD_SECONDS = 15.0


class Listener(Tab):
    """`troubles` holds (monotonic seconds, event) of every notice."""

    def __init__(self, login: Login, **options: Any) -> None:
        super().__init__(login, **options)
        self.login = login
        self.troubles: list[tuple[float, dict[str, Any]]] = []

    async def told(self, event: str, reason: str | None, since: float) -> float | None:
        """Return when it was told so; None when that took too long."""
        try:
            async with asyncio.timeout(TOLD_SECONDS):
                await self.until(lambda: self._moment(event, reason, since) is not None)
        except TimeoutError:
            return None
        return self._moment(event, reason, since)

    def _moment(self, event: str, reason: str | None, since: float) -> float | None:
        moments = [
            at
            for at, trouble in self.troubles
            if at >= since
            and trouble["type"] == event
            and (reason is None or trouble["reason"]["type"] == reason)
        ]
        return moments[0] if moments else None

    async def _received(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["type"] in ("server.impaired", "server.recovered"):
                self.troubles.append((time.monotonic(), event))
        await super()._received(events)
