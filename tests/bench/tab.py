"""One socket to a server under test, and what it has seen of its newest turn."""

import asyncio
import json
import re
import uuid
from dataclasses import dataclass
from time import monotonic_ns
from typing import Any, NamedTuple

from .websocket import WebSocket, connect

MARK = re.compile(rb"@(\d+);(\d+);(\d+)@")
ENDS = [
    *(
        b'"turn.completed"',
        b'"turn.failed"',
        b'"turn.cancelled"',
        b'"turn.interrupted"',
    ),
    b'"done": true',
]
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Target:
    """A running server; `cookie` is the session of Colloquy, "" for the others."""

    name: str
    port: int
    pids: list[int]
    cookie: str = ""

    @property
    def is_colloquy(self) -> bool:
        return bool(self.cookie)


class Mark(NamedTuple):
    """When a delta was sent and received, and when its request had arrived."""

    sent: int
    number: int
    arrived: int
    received: int

    @property
    def added_ms(self) -> float:
        return (self.received - self.sent) / 1e6


class Tab:
    """Speaks Colloquy's protocol, or the two words of the baselines."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.marks: list[Mark] = []
        self.snapshots = 0
        self.rejected: list[str] = []
        self.conversation: str | None = None
        self.turn: str | None = None
        self.asked = 0
        self.accepted = 0
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.answered = asyncio.Event()
        # (epoch, seq) of the newest event, from the first snapshot of a turn on.
        self._place: tuple[int, int] | None = None
        self._socket: WebSocket | None = None

    async def open(self, *, receive_buffer_bytes: int = 0) -> "Tab":
        self._socket = await connect(
            self.target.port,
            self._take,
            cookie=self.target.cookie,
            receive_buffer_bytes=receive_buffer_bytes,
        )
        if self.target.is_colloquy:
            # The upgrade is answered before the session is read.
            self.answered.clear()
            self.command("ping")
            await asyncio.wait_for(self.answered.wait(), PATIENCE_SECONDS)
        return self

    @property
    def socket(self) -> WebSocket:
        assert self._socket is not None
        return self._socket

    def close(self) -> None:
        """Hang up without a word, as a phone does that loses its network."""
        self.socket.transport.abort()

    def ask(self, text: str) -> None:
        """Start a turn, in Colloquy within the tab's conversation if it has one."""
        self.marks = []
        self._place = None
        self.begun.clear()
        self.ended.clear()
        self.answered.clear()
        self.asked = monotonic_ns()
        if not self.target.is_colloquy:
            self.socket.send(json.dumps({"text": text}))
            return
        place = {"conversation": self.conversation} if self.conversation else {}
        self.command("message.send", client_id=str(uuid.uuid4()), text=text, **place)

    def command(self, name: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": name, **fields}))

    async def watch(self, conversation: str) -> None:
        """Watch a conversation that another tab began, and wait for its snapshot."""
        self.answered.clear()
        self.asked = monotonic_ns()
        self.command("conversation.watch", conversation=conversation)
        await asyncio.wait_for(self.answered.wait(), PATIENCE_SECONDS)

    async def until_begun(self) -> None:
        await asyncio.wait_for(self.begun.wait(), PATIENCE_SECONDS)

    async def until_ended(self) -> None:
        await asyncio.wait_for(self.ended.wait(), PATIENCE_SECONDS)

    @property
    def numbers(self) -> list[int]:
        """The deltas that came, in the order of their coming."""
        return [mark.number for mark in self.marks]

    @property
    def first_added_ms(self) -> float:
        """From asking to the first delta, less what the upstream itself took."""
        first = self.marks[0]
        return (first.received - self.asked - (first.sent - first.arrived)) / 1e6

    def _take(self, frame: bytes) -> None:
        received = monotonic_ns()
        if self._place is not None or b'.snapshot"' in frame:
            self._take_events(frame, received)
        else:
            self._take_marks(frame, received)
        if b'"message.accepted"' in frame:
            self._take_acceptance(frame, received)
        if b'"command.rejected"' in frame:
            self.rejected.append(frame.decode())
            self.ended.set()
        if b'"pong"' in frame:
            self.answered.set()
        if any(end in frame for end in ENDS):
            self.ended.set()

    def _take_marks(self, text: bytes, received: int) -> None:
        found = MARK.findall(text)
        if found:
            self.marks += [Mark(int(s), int(i), int(a), received) for s, i, a in found]
            self.begun.set()

    def _take_events(self, frame: bytes, received: int) -> None:
        """Take a frame as docs/protocol.md says: after a snapshot the order counts."""
        for event in json.loads(frame):
            if event["type"] == "conversation.snapshot":
                self.answered.set()
            elif event["type"] == "turn.snapshot":
                self.snapshots += 1
                self.marks = []
                self._place = (event["epoch"], event["seq"])
                self._take_marks(json.dumps(event).encode(), received)
            elif self._is_new(event):
                self._take_marks(json.dumps(event).encode(), received)

    def _is_new(self, event: dict[str, Any]) -> bool:
        place = (event.get("epoch", 0), event.get("seq", 0))
        if self._place is None or "seq" not in event:
            return True
        is_above = place > self._place
        self._place = max(place, self._place)
        return is_above

    def _take_acceptance(self, frame: bytes, received: int) -> None:
        for event in json.loads(frame):
            if event["type"] == "message.accepted":
                self.accepted = received
                self.conversation = event["conversation"]["id"]
                self.turn = event["turn"]["id"]
        self.answered.set()


async def open_tabs(target: Target, count: int) -> list[Tab]:
    """Return `count` open tabs, opened twenty at a time."""
    tabs: list[Tab] = []
    for start in range(0, count, 20):
        batch = [Tab(target).open() for _ in range(start, min(start + 20, count))]
        tabs += await asyncio.gather(*batch)
    return tabs
