"""The one thread of this process that writes turns.

SQLite lets one transaction write at a time, and under ASGI each request has a thread
and connection of its own: 50 running turns that each save themselves would queue on
the lock for seconds. So all hot writes go through one thread with one connection.
Acknowledged jobs (somebody waits for them) go before checkpoints (nobody does).
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from .patience import Sleep, surely

logger = logging.getLogger(__name__)
T = TypeVar("T")

# ours: half of a lease; no job of the writer does anything else for so long
LIMIT_SILENCE = "SET LOCAL idle_in_transaction_session_timeout = '5s'"
STOP_TIMEOUT_SECONDS = 3.0  # ours: part of the time that a stopping process has


class Writer:
    """A thread that runs jobs, each in one transaction, in order of urgency."""

    def __init__(self) -> None:
        self._urgent: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._idle: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    async def do(self, job: Callable[[], T]) -> T:
        """Run `job` in a transaction of its own and return what it returned.

        When this returns, the transaction is committed. A cancelled waiter does not
        stop its job: a write is never half done.
        """
        return await asyncio.wrap_future(self._put(self._urgent, job))

    async def do_surely(self, job: Callable[[], T], sleep: Sleep = asyncio.sleep) -> T:
        """Run `job` again and again until the database takes it.

        For what must not get lost while the database is away or its disk is full: a
        commit whose answer got lost runs twice, so the job must recognise its own work.
        """
        return await surely(lambda: self.do(job), sleep)

    async def do_when_idle(self, job: Callable[[], T]) -> T:
        """Run `job` after every job that somebody waits for."""
        return await asyncio.wrap_future(self._put(self._idle, job))

    def stop(self) -> None:
        """Finish all jobs, close the connection and end the thread."""
        with self._wake:
            thread, self._stopping = self._thread, True
            self._wake.notify()
        if thread is not None:
            thread.join(STOP_TIMEOUT_SECONDS)

    def _put(
        self,
        jobs: deque[tuple[Callable[[], Any], Future[Any]]],
        job: Callable[[], T],
    ) -> Future[T]:
        future: Future[T] = Future()
        with self._wake:
            jobs.append((job, future))
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(
                    target=self._run, name="turn-writer", daemon=True
                )
                self._thread.start()
            self._wake.notify()
        return future

    def _run(self) -> None:
        try:
            while (item := self._next()) is not None:
                _perform(*item)
        finally:
            connection.close()

    def _next(self) -> tuple[Callable[[], Any], Future[Any]] | None:
        with self._wake:
            while not (self._urgent or self._idle):
                if self._stopping:
                    self._thread = None
                    return None
                self._wake.wait()
            return (self._urgent or self._idle).popleft()


def _perform(job: Callable[[], Any], future: Future[Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        with transaction.atomic():
            _limit_silence()
            result = job()
    except BaseException as error:  # noqa: BLE001  the waiter gets it, whatever it is
        if isinstance(error, OperationalError | InterfaceError):
            # A connection that broke would fail every later job as well.
            connection.close()
        future.set_exception(error)
    else:
        future.set_result(result)


def _limit_silence() -> None:
    """Have PostgreSQL end this transaction if nothing comes of it any more.

    A process that is frozen in the middle keeps the rows of its turns locked; others
    could not take them over.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(LIMIT_SILENCE)


writer = Writer()
