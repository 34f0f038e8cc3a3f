"""The end of a turn is written once, however often it has to be tried."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from chatapp.accounts.models import User
from conversations.models import Message, State, Turn, UsageRecord
from conversations.turns import endings, lease
from conversations.turns.lease import LeaseLost
from conversations.turns.writer import writer
from tests.prompts.conftest import Thread
from tests.turns.ended import ending_of


@pytest.fixture
async def running(turns: None, alice: User) -> Turn:
    """A turn that this process is answering."""

    def make() -> Turn:
        thread = Thread(alice)
        thread.user("Hi")
        return thread.turn(owner=lease.OWNER, epoch=1)

    return await writer.do(make)


def failing(times: int, job: Callable[[], Any]) -> Callable[[], Any]:
    """Return `job`, whose first runs end like those of a database that is away."""
    left = iter(range(times))

    def run() -> Any:
        result = job()
        if next(left, None) is not None:
            raise OperationalError("the connection is gone")
        return result

    return run


async def no_wait(seconds: float) -> None:
    """Stand for asyncio.sleep."""


async def test_end_is_tried_until_the_database_takes_it(running: Turn) -> None:
    ending = ending_of(running)
    job = failing(3, lambda: endings.close_turn(running, ending))

    turn, usage = await writer.do_surely(job, no_wait)

    assert (turn.state, usage["input_tokens"]) == (State.COMPLETED, 3)
    assert await Message.objects.filter(turn=running).acount() == 1
    assert await UsageRecord.objects.filter(turn=running).acount() == 1


async def test_pauses_between_tries_grow_and_stay_short(turns: None) -> None:
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    await writer.do_surely(failing(6, lambda: None), note)

    assert pauses == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]


async def test_commit_whose_answer_got_lost_counts(running: Turn) -> None:
    ending = ending_of(running)
    first = await writer.do(lambda: endings.close_turn(running, ending))

    again = await writer.do(lambda: endings.close_turn(running, ending))

    assert [item[0].state for item in (first, again)] == [State.COMPLETED] * 2
    assert first[1] == again[1]
    assert await Message.objects.filter(turn=running).acount() == 1


async def test_round_that_is_frozen_twice_stands_once(running: Turn) -> None:
    ending = ending_of(running)
    assert ending.answer is not None
    answer, used = ending.answer, ending.usage

    for _ in range(2):
        await writer.do(lambda: endings.freeze_round(running.id, 1, answer, used))

    assert await Message.objects.filter(turn=running).acount() == 1
    assert await UsageRecord.objects.filter(turn=running).acount() == 1


async def test_turn_that_another_owner_closed_is_lost(running: Turn) -> None:
    await Turn.objects.filter(id=running.id).aupdate(
        owner=f"other:{uuid.uuid4().hex[:6]}", epoch=2, state=State.INTERRUPTED
    )
    ending = ending_of(running)

    with pytest.raises(LeaseLost):
        await writer.do_surely(lambda: endings.close_turn(running, ending))
