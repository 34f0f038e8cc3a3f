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

from conversations.protocol.events import CLOSING_EVENTS, TurnEvent, TurnSnapshot
from conversations.turns.hub import Encoded, encode
from conversations.turns.publisher import snapshot_event
from conversations.turns.registry import registry

MAX_WAITING_BYTES = 256 * 1024  # ours: a second of ten fast answers

type Send = Callable[[str], Awaitable[None]]


class Outbox:
    """Gathers events and sends them as JSON arrays, one frame at a time."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[Encoded] = deque()
        self._waiting_bytes = 0
        # Turns whose deltas were dropped; a snapshot is owed for each.
        self._owed: set[UUID] = set()
        self._wake = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self.waiting_bytes_peak = 0

    def put(self, events: list[Encoded]) -> None:
        """Take events to be sent; returns at once."""
        for item in events:
            if item.turn_id not in self._owed or _must_arrive(item):
                self._waiting.append(item)
                self._waiting_bytes += len(item.text)
        if self._waiting_bytes > MAX_WAITING_BYTES:
            self._drop_deltas()
            # What is left are answers to commands; the next command has to wait.
            self._has_room.clear()
        self.waiting_bytes_peak = max(self.waiting_bytes_peak, self._waiting_bytes)
        self._wake.set()

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

    def _take_frame(self) -> str:
        owed = [live for live in registry if live.id in self._owed]
        self._owed.clear()
        texts = [item.text for item in self._waiting]
        # A closed turn needs none: its closing event shows the browser the gap.
        texts += [encode(snapshot_event(live)).text for live in owed]
        self._waiting.clear()
        self._waiting_bytes = 0
        return f"[{','.join(texts)}]" if texts else ""

    def _drop_deltas(self) -> None:
        kept = [item for item in self._waiting if _must_arrive(item)]
        dropped = (item.turn_id for item in self._waiting if not _must_arrive(item))
        self._owed.update(turn_id for turn_id in dropped if turn_id is not None)
        self._waiting = deque(kept)
        self._waiting_bytes = sum(len(item.text) for item in kept)


def _must_arrive(item: Encoded) -> bool:
    event = item.event
    if isinstance(event, TurnSnapshot):
        return event.seq == 0  # of an ended turn, which no later one could replace
    return not isinstance(event, TurnEvent) or isinstance(event, CLOSING_EVENTS)
