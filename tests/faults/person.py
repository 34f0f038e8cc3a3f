"""Somebody who asks, and watches what is answered."""

import uuid
from uuid import UUID

from chatapp.accounts.models import User
from conversations.claude import ClaudeClient, Provider, Secret
from conversations.claude.retries import Sleep
from conversations.models import Turn
from conversations.protocol.commands import SendMessage
from conversations.turns import runner
from conversations.turns.hub import conversation_topic, hub
from conversations.turns.start import start_turn
from conversations.upstream import use_client
from tests.turns.conftest import Watcher

from .upstream import FaultUpstream

PATIENCE_SECONDS = 60.0
IMPATIENCE_SECONDS = 0.2
DICE = 0.5


class Person:
    """Talks through a real client; only its waits between retries are not slept."""

    def __init__(self, user: User, upstream: FaultUpstream) -> None:
        self.upstream = upstream
        # The seconds of every wait before a retry.
        self.waits: list[float] = []
        self.watcher = Watcher()
        self._user = user
        self._clients = {
            seconds: self.client(seconds, self._wait)
            for seconds in (PATIENCE_SECONDS, IMPATIENCE_SECONDS)
        }

    async def ask(
        self, text: str, conversation: UUID | None = None, *, impatient: bool = False
    ) -> Turn:
        """Send a message and return its turn once it has ended."""
        patience = IMPATIENCE_SECONDS if impatient else PATIENCE_SECONDS
        use_client(self._clients[patience])
        return await self.ended(await self.begin(text, conversation))

    async def begin(self, text: str, conversation: UUID | None = None) -> Turn:
        """Send a message through whatever client is in use."""
        self.waits.clear()
        self.watcher = Watcher()
        command = SendMessage(
            client_id=uuid.uuid4(), text=text, conversation=conversation
        )
        acceptance = await start_turn(
            self._user, command, before_launch=self.watcher.watch
        )
        return acceptance.turn

    async def ended(self, turn: Turn) -> Turn:
        await runner.wait_for(turn.id)
        hub.unsubscribe(conversation_topic(turn.conversation_id), self.watcher)
        return await Turn.objects.aget(id=turn.id)

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    def client(self, stall_seconds: float, sleep: Sleep) -> ClaudeClient:
        """Return a client of the upstream."""
        provider = Provider(base_url=self.upstream.url, api_key=Secret("key"))
        return ClaudeClient(
            provider, sleep=sleep, random=lambda: DICE, stall_seconds=stall_seconds
        )

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
