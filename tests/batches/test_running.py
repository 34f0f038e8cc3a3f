"""A batch from its start to its answers, and what becomes of it when something breaks."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
import pytest
from django.db.models.functions import Now

from chatapp.accounts.models import User
from conversations.batches import collecting, sending
from conversations.batches.holding import Hold, claim_due, holding
from conversations.batches.keeper import batch_keeper, look_after
from conversations.batches.starting import cancel, delete, start
from conversations.claude import ConnectionFailed
from conversations.claude.batches import read_results
from conversations.claude.pricing import BATCH_MULTIPLIER, cost_usd
from conversations.models import Batch, BatchItem, BatchState, Purpose, UsageRecord
from conversations.models.reading import read
from conversations.turns.lease import OWNER, LeaseLost
from conversations.turns.writer import writer
from conversations.usage.recording import prices_of
from tests.batches.conftest import (
    MODEL,
    SECONDS,
    Make,
    World,
    look,
    now,
    outcomes,
)

CREATE = "POST /v1/messages/batches"


def lose(call: str, times: int = 1) -> Any:
    """Return a hook that breaks the line for the first requests of a kind."""
    left = [times]

    def hook(request: httpx.Request) -> None:
        if left[0] and f"{request.method} {request.url.path}".endswith(call):
            left[0] -= 1
            raise httpx.ReadError("reset")

    return hook


async def test_a_batch_runs_to_its_answers(world: World, queued: Make) -> None:
    batch = await queued()

    await look()
    running = await now(batch)
    assert running.state == BatchState.RUNNING
    assert running.upstream_id.startswith("msgbatch_")
    assert running.expires_at is not None
    await look()
    assert (await now(batch)).progress["processing"] == 3

    world.now += SECONDS
    await look(2)

    ended = await now(batch)
    assert (ended.state, ended.error, ended.look_at) == (BatchState.ENDED, None, None)
    assert ended.ended_at is not None
    assert set((await outcomes(batch)).values()) == {"succeeded"}
    item = await BatchItem.objects.aget(batch=batch, position=0)
    assert item.text
    assert item.message["content"]
    prices = await read(prices_of, MODEL)
    assert item.cost_usd == pytest.approx(
        cost_usd(item.usage, prices, BATCH_MULTIPLIER), abs=Decimal("1e-8")
    )
    assert world.count(CREATE) == 1


async def test_answers_are_booked_once_and_outlast_the_batch(
    world: World, queued: Make, alice: User, bob: User
) -> None:
    batch = await queued("word\nHello\n[simulate: 529] x\n", "{{word}}")
    await look()
    world.now += SECONDS
    await look(2)
    await Batch.objects.aupdate(state=BatchState.COLLECTING)
    await look()

    [record] = [record async for record in UsageRecord.objects.paid_by(alice)]
    item = await BatchItem.objects.aget(batch=batch, state="succeeded")
    assert (record.purpose, record.turn_id) == (Purpose.BATCH, None)
    assert record.cost_usd == item.cost_usd
    assert record.prices["output"] == "20"
    assert not await UsageRecord.objects.paid_by(bob).aexists()

    assert await delete(await now(batch))
    assert await UsageRecord.objects.acount() == 1


async def test_what_is_sent_is_an_ordinary_request(world: World, queued: Make) -> None:
    bodies = []
    world.before = lambda request: bodies.append(request.content)
    await queued(thinking="adaptive", effort="low")

    await look()

    [request, *_] = json.loads(bodies[0])["requests"]
    params = request["params"]
    assert params["messages"][0]["content"] == [
        {"type": "text", "text": "Translate House into German."}
    ]
    assert params["thinking"]["type"] == "adaptive"
    assert params["output_config"] == {"effort": "low"}
    assert "stream" not in params
    assert "cache_control" not in params
    assert len(params["metadata"]["user_id"]) == 64


async def test_every_row_says_what_became_of_it(world: World, queued: Make) -> None:
    batch = await queued(
        "word\nHello\n[simulate: 529] x\n[simulate: stall] y\n[simulate: empty] z\n"
        "[simulate: refusal] r\n",
        "{{word}}",
    )
    await look()
    world.now += SECONDS

    await look(2)

    assert await outcomes(batch) == {
        "Hello": "succeeded",
        "[simulate: 529] x": "errored",
        "[simulate: stall] y": "expired",
        "[simulate: empty] z": "unknown",
        "[simulate: refusal] r": "succeeded",
    }
    errored = await BatchItem.objects.aget(batch=batch, state="errored")
    assert errored.error["message"] == "Claude is overloaded at the moment."
    refused = await BatchItem.objects.aget(batch=batch, position=4)
    assert refused.stop_reason == "refusal"


async def test_cancelling_keeps_what_was_answered(world: World, queued: Make) -> None:
    batch = await queued()
    await look()
    world.now += SECONDS / 2

    assert await cancel(batch)
    assert not await cancel(batch)
    await look()
    world.now += SECONDS
    await look(2)

    assert list((await outcomes(batch)).values()) == [
        "succeeded",
        "cancelled",
        "cancelled",
    ]


async def test_cancelled_before_it_was_sent(world: World, queued: Make) -> None:
    batch = await queued()
    await cancel(batch)

    await look()

    assert world.created == 0
    assert (await now(batch)).state == BatchState.ENDED
    assert set((await outcomes(batch)).values()) == {"cancelled"}


async def test_a_lost_answer_is_found_again_by_its_results(
    world: World, queued: Make
) -> None:
    world.after = lose("/batches")
    batch = await queued()

    await look()
    lost = await now(batch)
    assert (lost.state, lost.upstream_id) == (BatchState.SENDING, "")
    assert lost.error == sending.UNCERTAIN
    # Somebody else's with as many requests does not confuse it.
    other = await queued()
    await look()
    world.now += SECONDS
    await look(3)

    assert world.created == world.count(CREATE) == 2
    for one in (batch, other):
        assert (await now(one)).state == BatchState.ENDED
        assert set((await outcomes(one)).values()) == {"succeeded"}


async def test_while_nobody_can_tell_it_is_not_sent_again(
    world: World, queued: Make
) -> None:
    world.after = lose("/batches")
    batch = await queued()
    await look()
    await age(batch)

    await look(3)

    assert (await now(batch)).state == BatchState.SENDING
    assert world.count(CREATE) == 1


async def test_what_never_arrived_is_sent_again(world: World, queued: Make) -> None:
    world.before = lose("/batches")
    batch = await queued()
    await look()

    await look()
    assert world.created == 0  # it could still appear
    await age(batch)
    await look(2)

    assert world.created == 1
    assert (await now(batch)).state == BatchState.RUNNING


async def test_a_process_that_dies_while_it_sends(world: World, queued: Make) -> None:
    def die(request: httpx.Request) -> None:
        if request.method == "POST":
            raise asyncio.CancelledError

    world.after = die
    batch = await queued()
    [claimed] = await writer.do(partial(claim_due, 1))
    with pytest.raises(asyncio.CancelledError):
        await look_after(claimed)
    world.after = lambda request: None
    world.now += SECONDS
    await writer.do(lambda: Batch.objects.update(lease_owner="dead:1", look_at=Now()))

    await expire_leases()
    await look(3)

    assert world.created == world.count(CREATE) == 1
    assert set((await outcomes(batch)).values()) == {"succeeded"}


async def test_results_that_break_off_are_fetched_again(
    world: World, queued: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "RESULTS_PER_WRITE", 1)
    batch = await queued()
    await look()
    world.now += SECONDS
    await look()
    stored: list[str] = []

    async def broken(*args: Any) -> Any:
        async for result in read_results(*args):
            if stored:
                raise ConnectionFailed("reset")
            stored.append(result["custom_id"])
            yield result

    monkeypatch.setattr(collecting, "read_results", broken)
    await look()
    assert sorted((await outcomes(batch)).values()) == [
        "succeeded",
        "waiting",
        "waiting",
    ]
    first = await BatchItem.objects.aget(custom_id=stored[0])
    monkeypatch.setattr(collecting, "read_results", read_results)
    await BatchItem.objects.filter(id=first.id).aupdate(text="kept")

    await look()

    assert set((await outcomes(batch)).values()) == {"succeeded"}
    assert (await BatchItem.objects.aget(id=first.id)).text == "kept"


@pytest.mark.parametrize("state", [BatchState.RUNNING, BatchState.COLLECTING])
async def test_a_batch_that_claude_has_forgotten(
    state: BatchState, world: World, queued: Make
) -> None:
    batch = await queued()
    await look()
    world.simulator._batches._kept.clear()
    await Batch.objects.aupdate(state=state)

    await look()

    ended = await now(batch)
    assert (ended.state, ended.error["type"]) == (BatchState.ENDED, "not_found")
    assert set((await outcomes(batch)).values()) == {"unknown"}


async def test_a_refused_batch_says_why_and_may_be_started_again(
    world: World, queued: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conversations.simulator.batches.MAX_REQUESTS", 2)
    batch = await queued()
    await look()

    failed = await now(batch)
    assert failed.state == BatchState.FAILED
    assert failed.error["message"].startswith("Claude refused the request: requests:")

    monkeypatch.undo()
    assert await start(batch)
    await look()
    assert (await now(batch)).state == BatchState.RUNNING


async def test_a_busy_api_puts_it_off(world: World, queued: Make) -> None:
    def busy(request: httpx.Request) -> None:
        raise httpx.ConnectError("refused")

    batch = await queued()
    await look()
    world.before = busy
    await look()

    waiting = await now(batch)
    assert (waiting.state, waiting.failures) == (BatchState.RUNNING, 1)
    assert waiting.error["message"] == "Claude cannot be reached."
    world.before = lambda request: None
    await look()
    again = await now(batch)
    assert (again.error, again.failures) == (None, 0)


async def test_one_process_at_a_time(world: World, queued: Make) -> None:
    await queued()

    [claimed] = await writer.do(partial(claim_due, 5))
    assert await writer.do(partial(claim_due, 5)) == []
    async with holding(claimed) as hold:
        await Batch.objects.aupdate(epoch=99)
        with pytest.raises(LeaseLost):
            await hold.write(failures=1)
        with pytest.raises(LeaseLost):
            await hold.do(lambda: None)
    assert claimed.lease_owner == OWNER


async def test_who_has_slept_longer_than_the_lease_sends_nothing(
    world: World, queued: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await queued()
    monkeypatch.setattr(
        Hold, "require_valid", lambda hold: (_ for _ in ()).throw(LeaseLost("late"))
    )

    await look()

    assert world.calls == []
    assert (await now(batch)).state == BatchState.SENDING


async def test_only_what_is_not_under_way_is_deleted(
    world: World, queued: Make, draft: Make
) -> None:
    batch = await queued()
    assert not await delete(batch)
    await cancel(batch)
    await look()

    assert await delete(batch)
    assert await delete(await draft())
    assert not await BatchItem.objects.aexists()


async def test_the_keeper_runs_batches_and_forgets_old_drafts(
    world: World, queued: Make, draft: Make
) -> None:
    old, unfinished, fresh = await draft(), await draft(), await draft()
    await Batch.objects.filter(id=old.id).aupdate(created_at=Now() - timedelta(days=8))
    await Batch.objects.filter(id=unfinished.id).aupdate(
        created_at=Now() - timedelta(hours=2), item_count=0
    )
    batch = await queued()

    running = asyncio.create_task(batch_keeper.run())
    for _ in range(500):
        if (await now(batch)).state == BatchState.RUNNING:
            break
        await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.wait([running])

    left = [found.id async for found in Batch.objects.order_by("id")]
    assert left == [fresh.id, batch.id]


async def age(batch: Batch) -> None:
    """Have a batch been sent a good while ago."""
    await Batch.objects.filter(id=batch.id).aupdate(
        sent_at=Now() - timedelta(minutes=5)
    )


async def expire_leases() -> None:
    await Batch.objects.aupdate(lease_expires_at=Now() - timedelta(seconds=1))
