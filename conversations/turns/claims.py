"""Which turns this process takes to answer: none, its own, queued ones."""

import asyncio
import logging

from django.conf import settings
from django.db import DatabaseError

from conversations.protocol.commands import CommandRejected

from . import lease, runner
from .registry import registry
from .writer import writer

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # ours: what a turn waits at most when nobody can wake us
MOST_AT_ONCE = 20  # ours: leaves some to the other workers


class Claims:
    """The door between queued turns and this process. Used on the event loop only."""

    def __init__(self) -> None:
        # A process that only serves pages leaves every turn to the workers.
        self.is_answering = True
        self.is_draining = False
        self._wake = asyncio.Event()

    def open(self, *, is_answering: bool) -> None:
        """Begin to take turns, or only to queue them."""
        self.is_answering = is_answering
        self.is_draining = False
        self._wake = asyncio.Event()

    def close(self) -> None:
        """Take nothing more: the process stops."""
        self.is_draining = True

    def require_open(self) -> None:
        """Refuse a new turn while the process stops."""
        if self.is_draining:
            raise CommandRejected(
                "server_restarting",
                "The server is restarting. Your message is sent as soon as it is back.",
                retryable=True,
                action="wait",
            )

    def wake(self) -> None:
        """Look for queued turns at once."""
        self._wake.set()

    async def run(self) -> None:
        """Take queued turns until cancelled. A database that is away is tried again."""
        while True:
            try:
                await self.take()
            except DatabaseError as error:
                logger.warning("Queued turns have to wait: %s", error)
            try:
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
            except TimeoutError:
                pass
            self._wake.clear()

    async def take(self) -> int:
        """Claim queued turns and begin to answer them; return how many."""
        room = min(settings.MAX_RUNNING_TURNS - len(registry), MOST_AT_ONCE)
        if not self.is_answering or self.is_draining or room <= 0:
            return 0
        taken = await writer.do(lambda: lease.claim_queued(room))
        for turn in taken:
            runner.launch(turn)
        if len(taken) == room:
            self.wake()
        return len(taken)


claims = Claims()
