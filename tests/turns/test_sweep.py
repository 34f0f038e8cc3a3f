"""Turns whose owner is gone, and owners who come too late."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from chatapp.accounts.models import User
from conversations.models import Checkpoint, Message, State, Turn
from conversations.models.ids import uuid7
from conversations.protocol import events
from conversations.turns import checkpoints, endings, lease
from conversations.turns.checkpoints import Changes
from conversations.turns.endings import Ending
from conversations.turns.hub import conversation_topic, hub
from conversations.turns.lease import LeaseLost
from conversations.turns.sweep import sweep
from conversations.turns.writer import writer
from tests.prompts.conftest import Thread
from tests.turns.conftest import Watcher


@pytest.fixture
async def orphan(turns: None, alice: User) -> Turn:
    """A running turn of a process that is no more, with half an answer saved."""

    def make() -> Turn:
        thread = Thread(alice)
        thread.user("Hi")
        turn = thread.turn(
            owner="dead:1:abc",
            epoch=1,
            lease_expires_at=timezone.now() - timedelta(seconds=1),
        )
        blocks = [
            ({"type": "thinking", "thinking": "Hm", "signature": "s"}, True),
            ({"type": "text", "text": "Hel"}, False),
            ({"type": "tool_use", "id": "t", "name": "x", "input": {}}, False),
        ]
        message_id = uuid7()
        for index, (block, is_finished) in enumerate(blocks):
            Checkpoint.objects.create(
                turn=turn,
                message_id=message_id,
                round=1,
                index=index,
                block=block,
                is_finished=is_finished,
            )
        return turn

    return await writer.do(make)


async def test_orphan_is_interrupted_and_keeps_its_text(
    orphan: Turn, watcher: Watcher
) -> None:
    hub.subscribe(conversation_topic(orphan.conversation_id), watcher)

    assert await sweep() == 1

    turn = await Turn.objects.aget(id=orphan.id)
    answer = await Message.objects.aget(turn=turn)
    assert (turn.state, turn.epoch) == (State.INTERRUPTED, 2)
    assert turn.error["action"] == "retry"
    assert answer.content == [
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "text", "text": "Hel"},
    ]
    assert await Checkpoint.objects.acount() == 0
    snapshot, closing = watcher.events
    assert isinstance(snapshot, events.TurnSnapshot)
    assert isinstance(closing, events.TurnInterrupted)
    assert (snapshot.epoch, closing.epoch, closing.leaf) == (2, 2, answer.id)


async def test_conversation_is_usable_afterwards(orphan: Turn) -> None:
    await sweep()

    conversation = orphan.conversation
    await conversation.arefresh_from_db()
    answer = await Message.objects.aget(turn=orphan)
    assert conversation.leaf_id == answer.id
    assert not await conversation.turns.live().aexists()


async def test_turn_with_a_live_lease_is_left_alone(orphan: Turn) -> None:
    late = timezone.now() + timedelta(seconds=60)
    await Turn.objects.filter(id=orphan.id).aupdate(
        lease_expires_at=late, owner=lease.OWNER
    )

    assert await sweep() == 0


async def test_sweep_twice_ends_it_once(orphan: Turn) -> None:
    assert [await sweep(), await sweep()] == [1, 0]


async def test_late_owner_can_change_nothing(orphan: Turn) -> None:
    await sweep()
    ending = Ending(state=State.COMPLETED, stop_reason="end_turn")

    with pytest.raises(LeaseLost):
        await writer.do(partial(endings.close_turn, orphan.id, 1, ending))
    stale = Checkpoint(
        turn_id=orphan.id, message_id=uuid7(), round=1, index=0, block={"type": "text"}
    )
    await writer.do(lambda: checkpoints.save([Changes(orphan.id, 1, [stale])]))

    turn = await Turn.objects.aget(id=orphan.id)
    assert turn.state == State.INTERRUPTED
    assert await Checkpoint.objects.acount() == 0


async def test_heartbeat_renews_and_brings_cancellations(orphan: Turn) -> None:
    past = timezone.now() - timedelta(seconds=5)
    await Turn.objects.filter(id=orphan.id).aupdate(
        owner=lease.OWNER, cancel_requested_at=past, lease_expires_at=past
    )

    cancelled = await writer.do(lambda: lease.renew([orphan.id]))

    turn: Any = await Turn.objects.aget(id=orphan.id)
    assert cancelled == {orphan.id}
    assert turn.lease_expires_at > timezone.now()
