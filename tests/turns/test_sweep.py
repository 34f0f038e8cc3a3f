"""Turns whose owner is gone, and owners who come too late."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from chatapp.accounts.models import User
from conversations.models import (
    Checkpoint,
    Message,
    OpenRound,
    State,
    Turn,
    UsageRecord,
)
from conversations.models.ids import uuid7
from conversations.protocol import events
from conversations.turns import checkpoints, endings, lease, runner
from conversations.turns.checkpoints import Changes
from conversations.turns.claims import claims
from conversations.turns.endings import Ending
from conversations.turns.engine import MAX_ATTEMPTS
from conversations.turns.hub import conversation_topic, hub
from conversations.turns.lease import LeaseLost, Renewal
from conversations.turns.sweep import Sweeper, sweep
from conversations.turns.writer import writer
from conversations.upstream import use_client
from tests.prompts.conftest import Thread
from tests.turns.conftest import Watcher
from tests.turns.scripted import ScriptedClient, answer


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
    late = timezone.now() + timedelta(seconds=8)
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
        await writer.do(partial(endings.close_turn, orphan, ending))
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

    renewal = await writer.do(lambda: lease.renew([orphan.id]))

    turn: Any = await Turn.objects.aget(id=orphan.id)
    assert renewal == Renewal(cancelled={orphan.id}, lost=set())
    assert turn.lease_expires_at > timezone.now()


async def test_heartbeat_learns_that_a_turn_was_taken_over(orphan: Turn) -> None:
    renewal = await writer.do(lambda: lease.renew([orphan.id]))

    assert renewal == Renewal(cancelled=set(), lost={orphan.id})


async def test_lease_from_before_the_clock_was_set_back_is_no_lease(
    orphan: Turn,
) -> None:
    late = timezone.now() + timedelta(hours=1)
    await Turn.objects.filter(id=orphan.id).aupdate(
        lease_expires_at=late, owner=lease.OWNER
    )

    assert await sweep() == 1


async def test_what_an_orphan_has_cost_is_booked_as_estimated(orphan: Turn) -> None:
    await OpenRound.objects.acreate(
        turn=orphan,
        number=1,
        attempt=1,
        message_id=uuid7(),
        model="claude-opus-5-5-20260901",
        upstream_message_id="msg_7",
        request_id="req_7",
        usage={"input_tokens": 11, "output_tokens": 3},
    )

    await sweep()

    answer = await Message.objects.aget(turn=orphan)
    record = await UsageRecord.objects.aget(turn=orphan)
    assert (record.input_tokens, record.output_tokens) == (11, 3)
    assert (record.upstream_message_id, record.is_estimated) == ("msg_7", True)
    assert (answer.upstream_id, answer.model) == ("msg_7", "claude-opus-5-5-20260901")
    assert await OpenRound.objects.acount() == 0


async def test_orphan_that_was_to_be_cancelled_is_cancelled(orphan: Turn) -> None:
    await Turn.objects.filter(id=orphan.id).aupdate(cancel_requested_at=timezone.now())

    await sweep()

    turn = await Turn.objects.aget(id=orphan.id)
    assert (turn.state, turn.error) == (State.CANCELLED, None)


async def test_turn_of_which_nothing_was_shown_runs_again_once(
    orphan: Turn, watcher: Watcher
) -> None:
    hub.subscribe(conversation_topic(orphan.conversation_id), watcher)
    await Checkpoint.objects.all().adelete()

    await sweep()

    turn = await Turn.objects.aget(id=orphan.id)
    assert (turn.state, turn.owner, turn.reruns) == (State.QUEUED, "", 1)
    assert watcher.names == ["turn.snapshot", "turn.queued"]
    use_client(ScriptedClient(answer("Here it is")))
    assert await claims.take() == 1
    await runner.wait_for(turn.id)
    await turn.arefresh_from_db()
    assert (turn.state, turn.epoch) == (State.COMPLETED, 4)
    # A new owner begins with a snapshot, which takes the place of what was shown.
    assert watcher.names[2:4] == ["turn.snapshot", "turn.started"]


async def test_turn_that_has_run_again_is_not_begun_a_third_time(orphan: Turn) -> None:
    await Checkpoint.objects.all().adelete()
    await Turn.objects.filter(id=orphan.id).aupdate(reruns=1)

    await sweep()

    turn = await Turn.objects.aget(id=orphan.id)
    assert (turn.state, turn.reruns) == (State.INTERRUPTED, 1)


async def test_both_attempts_of_a_turn_that_ran_again_are_paid_for(
    orphan: Turn,
) -> None:
    await Checkpoint.objects.all().adelete()
    await OpenRound.objects.acreate(
        turn=orphan,
        number=1,
        attempt=1,
        message_id=uuid7(),
        model="claude-opus-5-5",
        usage={"input_tokens": 10},
    )
    use_client(ScriptedClient(answer("Here it is")))

    await sweep()
    await claims.take()
    await runner.wait_for(orphan.id)

    records = UsageRecord.objects.filter(turn=orphan).order_by("attempt")
    booked = [(item.attempt, item.is_estimated) async for item in records]
    assert booked == [(1, True), (1 + MAX_ATTEMPTS, False)]


class TestSweeper:
    """Leases that look expired prove nothing after a gap in time."""

    async def test_waits_a_lease_after_the_database_was_away(
        self, orphan: Turn
    ) -> None:
        sweeper = Sweeper()
        sweeper.was_away()

        await sweeper.look()

        turn = await Turn.objects.aget(id=orphan.id)
        assert turn.state == State.RUNNING

    async def test_waits_a_lease_after_the_clock_has_jumped(self, orphan: Turn) -> None:
        sweeper = Sweeper()
        await Turn.objects.filter(id=orphan.id).aupdate(owner=lease.OWNER)
        lease_end = timezone.now() + timedelta(seconds=9)
        await Turn.objects.filter(id=orphan.id).aupdate(lease_expires_at=lease_end)
        await sweeper.look()

        with time_machine.travel(timezone.now() + timedelta(hours=1)):
            await sweeper.look()

        turn = await Turn.objects.aget(id=orphan.id)
        assert turn.state == State.RUNNING

    async def test_sweeps_when_nothing_stands_against_it(self, orphan: Turn) -> None:
        await Sweeper().look()

        turn = await Turn.objects.aget(id=orphan.id)
        assert turn.state == State.INTERRUPTED


async def test_orphan_that_cannot_be_stored_does_not_stop_the_sweep(
    orphan: Turn,
) -> None:
    await Checkpoint.objects.filter(turn=orphan, index=1).aupdate(
        block={"type": "text"}
    )

    assert [await sweep(), await sweep()] == [1, 0]

    turn = await Turn.objects.aget(id=orphan.id)
    assert turn.state == State.INTERRUPTED
    assert not await Message.objects.filter(turn=orphan).aexists()
