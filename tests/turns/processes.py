"""Several "processes" in one: each has a hub, a registry, a health and a relay."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from conversations.claude import MessageSnapshot
from conversations.consumers.outbox import Outbox
from conversations.models import State, Turn
from conversations.models.ids import uuid7
from conversations.protocol import events
from conversations.turns.health import Health
from conversations.turns.hub import Encoded, Hub, conversation_topic
from conversations.turns.live import LiveRound, LiveTurn
from conversations.turns.publisher import Publisher
from conversations.turns.registry import Registry
from conversations.turns.relay import Relay
from tests.redis import RedisServer
from tests.turns.scripted import started

type Json = dict[str, Any]
TIMEOUT_SECONDS = 20


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so; fail when it never is."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not condition():  # noqa: ASYNC110  a test looks at many things
            await asyncio.sleep(0.005)


class Process:
    """One of several processes on one Redis and one database."""

    def __init__(self, name: str, stored: dict[UUID, events.TurnSnapshot]) -> None:
        self.name = name
        self.hub = Hub()
        self.registry = Registry()
        self.health = Health(self.hub)
        self.relay = Relay(self.hub, self.registry, self.health, self._latest)
        self._stored = stored

    async def start(self, server: RedisServer, namespace: str = "one") -> None:
        await self.relay.start(server.url, process=self.name, namespace=namespace)

    def launch(self, turn: Turn) -> "Answering":
        """Claim a turn and begin to answer it."""
        turn.state, turn.owner, turn.epoch = State.RUNNING, self.name, turn.epoch + 1
        live = LiveTurn(
            Turn(
                id=turn.id,
                conversation_id=turn.conversation_id,
                user_message_id=turn.user_message_id,
                state=turn.state,
                owner=turn.owner,
                epoch=turn.epoch,
            )
        )
        self.registry.add(live)
        self.relay.announce(live)
        return Answering(self, live)

    async def _latest(self, turn_id: UUID) -> events.TurnSnapshot | None:
        await asyncio.sleep(0)
        return self._stored.get(turn_id)


def new_turn() -> Turn:
    """Return a turn that waits to be answered."""
    return Turn(id=uuid7(), conversation_id=uuid7(), user_message_id=uuid7())


def stored_end(turn: Turn, text: str = "stored") -> events.TurnSnapshot:
    """Return an ended turn as the database gives it."""
    block = {"index": 0, "block": {"type": "text", "text": text}, "finished": True}
    return events.TurnSnapshot(
        turn=turn.id,
        conversation=turn.conversation_id,
        epoch=max(turn.epoch, 1),
        seq=0,
        state={"id": str(turn.id), "state": "completed"},
        messages=[{"id": "m", "round": 1, "blocks": [block]}],
    )


class Answering:
    """A turn that a process answers, one piece of text at a time."""

    def __init__(self, process: Process, live: LiveTurn) -> None:
        self.live = live
        self.text = ""
        self._process = process
        self._publisher = Publisher(live, process.hub)
        self._round: LiveRound = live.begin_round(1, 1, MessageSnapshot())
        self._round.snapshot.apply(started())
        self._publisher.started()
        block = {"type": "text", "text": ""}
        self._tell({"type": "content_block_start", "index": 0, "content_block": block})

    def say(self, text: str) -> None:
        self.text += text
        delta = {"type": "text_delta", "text": text}
        self._tell({"type": "content_block_delta", "index": 0, "delta": delta})

    def end(self) -> None:
        """Tell the end, in the order in which the runner does."""
        self._process.registry.remove(self.live)
        self._publisher.closed(
            events.TurnCompleted, stop_reason="end_turn", leaf=self._round.message_id
        )
        self._process.relay.release(self.live)

    def _tell(self, event: Json) -> None:
        self._round.snapshot.apply(event)
        self._publisher.streamed(self._round, [event])


class Page:
    """A tab at a process: shows what an honest client would, and counts gaps."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.names: list[str] = []
        self.shown: dict[str, str] = {}
        self.positions: dict[str, tuple[int, int]] = {}
        self.gaps: list[Json] = []
        self.ended: list[str] = []
        self.is_readable = asyncio.Event()
        self.is_readable.set()
        self.outbox = Outbox(self._take, self._fetch)
        self._turns: dict[UUID, Turn] = {}
        self._sending = asyncio.get_running_loop().create_task(self.outbox.run())

    def watch(self, turn: Turn) -> None:
        """Join as the consumer does: listen first, then ask."""
        self.join(turn)
        self.outbox.expect(turn.id)
        assert self.process.relay.ask(turn, self)

    def join(self, turn: Turn) -> None:
        """Listen to a conversation whose turn nobody answers yet."""
        self._turns[turn.id] = turn
        topic = conversation_topic(turn.conversation_id)
        self.process.hub.subscribe(topic, self)

    def leave(self, turn: Turn) -> None:
        topic = conversation_topic(turn.conversation_id)
        self.process.hub.unsubscribe(topic, self)

    def close(self) -> None:
        self._sending.cancel()
        for turn in self._turns.values():
            self.leave(turn)

    def deliver(self, batch: list[Encoded]) -> None:
        self.outbox.put(batch)

    def _fetch(self, turn_ids: set[UUID]) -> None:
        for turn_id in turn_ids:
            assert self.process.relay.ask(self._turns[turn_id], self)

    async def _take(self, frame: str) -> None:
        for event in json.loads(frame):
            self._show(event)
        await self.is_readable.wait()

    def _show(self, event: Json) -> None:
        self.names.append(event["type"])
        if event["type"] == "server.recovered":
            for turn in self._turns.values():
                self.watch(turn)
        if "seq" not in event:
            return
        turn, place = event["turn"], (event["epoch"], event["seq"])
        before = self.positions.get(turn, (1, 0))
        if place <= before and not (turn not in self.positions and place[1] == 0):
            return
        if event["type"] == "turn.snapshot":
            self.shown[turn] = "".join(
                block["block"]["text"]
                for message in event["messages"]
                for block in message["blocks"]
            )
        elif place == (before[0], before[1] + 1):
            if event["type"] == "block.delta":
                text = self.shown.get(turn, "")
                self.shown[turn] = text + event["delta"]["text"]
            if event["type"] == "turn.completed":
                self.ended.append(turn)
        else:
            self.gaps.append(event)
            return
        self.positions[turn] = place
