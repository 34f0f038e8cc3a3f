"""What waits to be sent on one socket.

Events go out at once while the socket takes them. While it does not, they gather and
go out as one frame. Past a limit a running turn's deltas are dropped, and when the
socket drains one snapshot of the turn takes their place: a slow reader costs neither
memory nor anybody else's time.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from uuid import UUID

from conversations.protocol.events import TurnSnapshot
from conversations.turns.hub import Encoded, encode
from conversations.turns.publisher import snapshot_event
from conversations.turns.registry import registry

MAX_WAITING_BYTES = 256 * 1024  # ours: a second of ten fast answers

type Send = Callable[[str], Awaitable[None]]
# Sees to it that snapshots of turns of other processes come; returns at once.
type Fetch = Callable[[set[UUID]], None]


class Outbox:
    """Gathers events and sends them as JSON arrays, one frame at a time."""

    def __init__(self, send: Send, fetch: Fetch) -> None:
        self._send = send
        self._fetch = fetch
        self._waiting: deque[Encoded] = deque()
        self._waiting_bytes = 0
        # Of these, what may be dropped: a snapshot would make up for it.
        self._delta_bytes = 0
        # Turns whose deltas were dropped; a snapshot is owed for each.
        self._owed: set[UUID] = set()
        # Turns whose snapshot was asked for: what they say until it comes is in it.
        self._expected: set[UUID] = set()
        self._wake = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self.waiting_bytes_peak = 0

    def put(self, events: list[Encoded]) -> None:
        """Take events to be sent; returns at once."""
        for item in events:
            if self._takes(item):
                self._waiting.append(item)
                self._waiting_bytes += len(item.text)
                self._delta_bytes += 0 if item.must_arrive else len(item.text)
        if self._waiting_bytes > MAX_WAITING_BYTES:
            # For the answers to commands, which are not dropped: the next one waits.
            self._has_room.clear()
        if self._delta_bytes > MAX_WAITING_BYTES:
            self._drop_deltas()
        self.waiting_bytes_peak = max(self.waiting_bytes_peak, self._waiting_bytes)
        self._wake.set()

    def expect(self, turn_id: UUID) -> None:
        """Skip what a turn says until the snapshot that was asked for comes."""
        self._expected.add(turn_id)

    async def room(self) -> None:
        """Wait until what was asked for before has been sent, if that is much.

        Without it a client that asks and never reads would fill the memory.
        """
        await self._has_room.wait()

    async def run(self) -> None:
        """Send until cancelled. `send` waits while the socket's buffer is full."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while frame := self._take_frame():
                await self._send(frame)
            self._has_room.set()

    def _takes(self, item: Encoded) -> bool:
        """Say whether to send an event. A snapshot or an end makes up for what is owed."""
        turn_id = item.turn_id
        if turn_id is None:
            return True
        if not item.must_arrive:
            # The snapshot that is owed will be newer than any that comes before it.
            is_snapshot = item.name == TurnSnapshot.name
            if turn_id in self._owed or (turn_id in self._expected and not is_snapshot):
                return False
        self._owed.discard(turn_id)
        self._expected.discard(turn_id)
        return True

    def _take_frame(self) -> str:
        texts = [item.text for item in self._waiting]
        texts += self._owed_snapshots()
        self._waiting.clear()
        self._waiting_bytes = self._delta_bytes = 0
        return f"[{','.join(texts)}]" if texts else ""

    def _owed_snapshots(self) -> list[str]:
        """Return the snapshots that can be made here, and have the others fetched."""
        if not self._owed:
            return []
        found = [live for id_ in self._owed if (live := registry.find(id_))]
        elsewhere = self._owed - {live.id for live in found}
        self._owed.clear()
        if elsewhere:
            self._expected |= elsewhere
            self._fetch(elsewhere)
        return [encode(snapshot_event(live)).text for live in found]

    def _drop_deltas(self) -> None:
        kept = [item for item in self._waiting if item.must_arrive]
        dropped = (item.turn_id for item in self._waiting if not item.must_arrive)
        self._owed.update(turn_id for turn_id in dropped if turn_id is not None)
        self._waiting = deque(kept)
        self._delta_bytes = 0
        self._waiting_bytes = sum(len(item.text) for item in kept)
