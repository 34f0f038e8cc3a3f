"""The writer's thread: order, transactions, errors, its end."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from django.db import OperationalError

from chatapp.accounts.models import User
from conversations.turns.writer import Writer


@pytest.fixture
async def writer(async_db: None) -> AsyncIterator[Writer]:
    writer = Writer()
    yield writer
    writer.stop()


async def test_job_is_committed_when_it_returns(writer: Writer) -> None:
    user = await writer.do(lambda: User.objects.create_user("dora"))

    assert await User.objects.filter(pk=user.pk).aexists()


async def test_failed_job_leaves_nothing_and_tells_its_waiter(writer: Writer) -> None:
    def job() -> None:
        User.objects.create_user("dora")
        raise ValueError("after the insert")

    with pytest.raises(ValueError, match="after the insert"):
        await writer.do(job)

    assert not await User.objects.filter(username="dora").aexists()


async def test_all_jobs_run_in_one_thread(writer: Writer) -> None:
    names = await asyncio.gather(
        *(writer.do(lambda: threading.current_thread().name) for _ in range(20))
    )

    assert set(names) == {"turn-writer"}


async def test_waited_for_jobs_go_first(writer: Writer) -> None:
    order: list[str] = []
    gate = threading.Event()
    first = asyncio.ensure_future(writer.do(gate.wait))
    await asyncio.sleep(0.05)

    idle = asyncio.ensure_future(writer.do_when_idle(lambda: order.append("idle")))
    await asyncio.sleep(0)
    urgent = asyncio.ensure_future(writer.do(lambda: order.append("urgent")))
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, idle, urgent)

    assert order == ["urgent", "idle"]


async def test_cancelled_waiter_does_not_stop_its_job(writer: Writer) -> None:
    begun, gate = threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        gate.wait()
        User.objects.create_user("dora")

    task = asyncio.create_task(writer.do(job))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()

    await writer.do(lambda: None)
    assert await User.objects.filter(username="dora").aexists()


async def test_broken_connection_is_replaced(writer: Writer) -> None:
    def break_connection() -> None:
        raise OperationalError("the database went away")

    with pytest.raises(OperationalError):
        await writer.do(break_connection)

    assert await writer.do(User.objects.count) == 0


async def test_stop_finishes_what_was_asked_for_and_closes(writer: Writer) -> None:
    threads: list[threading.Thread] = []
    pending = asyncio.ensure_future(
        writer.do(lambda: threads.append(threading.current_thread()))
    )
    await asyncio.sleep(0)

    await asyncio.to_thread(writer.stop)
    await pending

    assert [(each.name, each.is_alive()) for each in threads] == [
        ("turn-writer", False)
    ]
