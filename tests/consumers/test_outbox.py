"""What waits on one socket: sent at once, gathered, or replaced by a snapshot."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from conversations.claude import MessageSnapshot
from conversations.consumers.outbox import MAX_WAITING_BYTES, Outbox
from conversations.models import Turn
from conversations.models.ids import uuid7
from conversations.protocol import events
from conversations.turns.hub import Encoded, encode
from conversations.turns.live import LiveTurn
from conversations.turns.registry import registry


class Wire:
    """A socket whose buffer can be full."""

    def __init__(self) -> None:
        self.frames: list[list[dict[str, Any]]] = []
        self.is_writable = asyncio.Event()
        self.is_writable.set()
        self.fetched: list[set[UUID]] = []

    def fetch(self, turn_ids: set[UUID]) -> None:
        self.fetched.append(set(turn_ids))

    async def send(self, text: str) -> None:
        self.frames.append(json.loads(text))
        await self.is_writable.wait()

    @property
    def names(self) -> list[str]:
        return [event["type"] for frame in self.frames for event in frame]


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def outbox(wire: Wire) -> AsyncIterator[Outbox]:
    outbox = Outbox(wire.send, wire.fetch)
    task = asyncio.create_task(outbox.run())
    yield outbox
    task.cancel()


@pytest.fixture
def live() -> Iterator[LiveTurn]:
    turn = LiveTurn(
        Turn(id=uuid7(), conversation_id=uuid7(), user_message_id=uuid7(), epoch=1)
    )
    turn.begin_round(1, 1, MessageSnapshot())
    registry.add(turn)
    yield turn
    registry.remove(turn)


def delta(live: LiveTurn, text: str = "x") -> Encoded:
    live.seq += 1
    return encode(
        events.BlockDelta(
            turn=live.id,
            conversation=live.conversation_id,
            epoch=1,
            seq=live.seq,
            message=UUID(int=1),
            index=0,
            delta={"type": "text_delta", "text": text},
        )
    )


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_event_goes_out_at_once(
    outbox: Outbox, wire: Wire, live: LiveTurn
) -> None:
    outbox.put([delta(live)])
    await settle()
    outbox.put([delta(live)])
    await settle()

    assert [len(frame) for frame in wire.frames] == [1, 1]


async def test_events_gather_while_the_socket_is_busy(
    outbox: Outbox, wire: Wire, live: LiveTurn
) -> None:
    wire.is_writable.clear()
    outbox.put([delta(live)])
    await settle()
    for _ in range(10):
        outbox.put([delta(live)])
    wire.is_writable.set()
    await settle()

    assert [len(frame) for frame in wire.frames] == [1, 10]
    seqs = [event["seq"] for frame in wire.frames for event in frame]
    assert seqs == list(range(1, 12))


async def test_stalled_reader_costs_no_more_than_the_limit(
    outbox: Outbox, wire: Wire, live: LiveTurn
) -> None:
    wire.is_writable.clear()
    outbox.put([delta(live)])
    await settle()
    for _ in range(2_000):
        outbox.put([delta(live, "x" * 1_000)])
    assert outbox.waiting_bytes_peak < MAX_WAITING_BYTES + 2_000

    wire.is_writable.set()
    await settle()

    assert wire.names == ["block.delta", "turn.snapshot"]
    assert wire.frames[1][0]["seq"] == live.seq


async def test_deltas_flow_again_after_the_snapshot(
    outbox: Outbox, wire: Wire, live: LiveTurn
) -> None:
    wire.is_writable.clear()
    outbox.put([delta(live)])
    await settle()
    outbox.put([delta(live, "x" * MAX_WAITING_BYTES)])
    wire.is_writable.set()
    await settle()

    outbox.put([delta(live)])
    await settle()

    assert wire.names == ["block.delta", "turn.snapshot", "block.delta"]
    assert wire.frames[2][0]["seq"] == wire.frames[1][0]["seq"] + 1


async def test_closing_event_and_answers_are_never_dropped(
    outbox: Outbox, wire: Wire, live: LiveTurn
) -> None:
    wire.is_writable.clear()
    outbox.put([delta(live)])
    await settle()
    outbox.put([delta(live, "x" * MAX_WAITING_BYTES)])
    closing = events.TurnCancelled(
        turn=live.id, conversation=live.conversation_id, epoch=1, seq=9, leaf=None
    )
    outbox.put([encode(closing), encode(events.Pong())])
    registry.remove(live)
    wire.is_writable.set()
    await settle()

    assert wire.names == ["block.delta", "turn.cancelled", "pong"]


async def test_snapshot_of_an_ended_turn_arrives_whatever_its_size(
    outbox: Outbox, wire: Wire, live: LiveTurn
) -> None:
    registry.remove(live)
    large = events.TurnSnapshot(
        turn=live.id,
        conversation=live.conversation_id,
        epoch=1,
        seq=0,
        state={},
        messages=[{"text": "x" * MAX_WAITING_BYTES}],
    )

    outbox.put([encode(large)])
    await settle()

    assert wire.names == ["turn.snapshot"]


async def test_asking_waits_until_the_answers_are_taken(
    outbox: Outbox, wire: Wire
) -> None:
    wire.is_writable.clear()
    snapshot = events.ConversationSnapshot(
        conversation={"title": "x" * MAX_WAITING_BYTES},
        leaf=None,
        messages=[],
        turns=[],
        compactions=[],
    )
    outbox.put([encode(snapshot)])
    await settle()
    outbox.put([encode(snapshot)])
    asking = asyncio.create_task(outbox.room())
    await settle()
    assert not asking.done()

    wire.is_writable.set()
    await settle()

    assert asking.done()


def snapshot_of(live: LiveTurn, text: str = "", *, is_asked_for: bool) -> Encoded:
    """Return a snapshot as another process sends it."""
    snapshot = events.TurnSnapshot(
        turn=live.id,
        conversation=live.conversation_id,
        epoch=1,
        seq=live.seq,
        state={},
        messages=[{"text": text}],
    )
    return replace(encode(snapshot), must_arrive=is_asked_for)


@pytest.fixture
def remote(live: LiveTurn) -> LiveTurn:
    """A turn that another process answers."""
    registry.remove(live)
    return live


async def test_snapshot_of_another_process_is_fetched_once_the_socket_drains(
    outbox: Outbox, wire: Wire, remote: LiveTurn
) -> None:
    wire.is_writable.clear()
    outbox.put([delta(remote)])
    await settle()
    outbox.put([delta(remote, "x" * MAX_WAITING_BYTES)])
    await settle()
    assert wire.fetched == []

    wire.is_writable.set()
    await settle()
    outbox.put([delta(remote)])  # older than the snapshot to come
    outbox.put([snapshot_of(remote, is_asked_for=True), delta(remote)])
    await settle()

    assert wire.fetched == [{remote.id}]
    assert wire.names == ["block.delta", "turn.snapshot", "block.delta"]


async def test_what_comes_before_an_expected_snapshot_is_skipped(
    outbox: Outbox, wire: Wire, remote: LiveTurn
) -> None:
    outbox.expect(remote.id)
    outbox.put([delta(remote), delta(remote)])
    outbox.put([snapshot_of(remote, is_asked_for=True), delta(remote)])
    await settle()

    assert wire.names == ["turn.snapshot", "block.delta"]


async def test_end_is_told_also_to_who_expects_a_snapshot(
    outbox: Outbox, wire: Wire, remote: LiveTurn
) -> None:
    outbox.expect(remote.id)
    closing = events.TurnCancelled(
        turn=remote.id, conversation=remote.conversation_id, epoch=1, seq=9, leaf=None
    )
    outbox.put([delta(remote), encode(closing)])
    await settle()

    assert wire.names == ["turn.cancelled"]


async def test_large_snapshot_that_was_asked_for_arrives_with_what_follows_it(
    outbox: Outbox, wire: Wire, remote: LiveTurn
) -> None:
    outbox.expect(remote.id)
    large = snapshot_of(remote, "x" * 2 * MAX_WAITING_BYTES, is_asked_for=True)
    outbox.put([large, delta(remote)])
    await settle()

    assert wire.names == ["turn.snapshot", "block.delta"]
    assert wire.fetched == []


async def test_large_snapshot_for_everybody_is_fetched_by_each_for_itself(
    outbox: Outbox, wire: Wire, remote: LiveTurn
) -> None:
    large = snapshot_of(remote, "x" * 2 * MAX_WAITING_BYTES, is_asked_for=False)
    outbox.put([large, delta(remote)])
    await settle()

    assert wire.names == []
    assert wire.fetched == [{remote.id}]
