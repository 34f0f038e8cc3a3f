"""Watches the requests of running turns, and keeps them for the inspector.

What is kept is a copy for people to look at: it may come late, and is given up when the
database is away, but it never holds an answer up.
"""

import asyncio
import contextvars
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from django.db import DatabaseError

from conversations.claude import Call, ClaudeError, NotOffered, Provider, Retry
from conversations.claude.types import Params
from conversations.inspection import records
from conversations.inspection.records import Observed
from conversations.models import Turn

from .engine import Streamed, is_shown
from .live import LiveRound
from .trouble import PASSING_ERRORS
from .writer import writer

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.25  # ours: many turns that end together are kept in one transaction
MAX_WAITING = 1000  # ours: requests in memory while the database is slow

# Of an answer's headers, those that help to understand it.
TOLD_HEADERS = ("anthropic-", "request-id", "retry-after", "x-amzn-requestid")

SECRET_HEADERS = frozenset({"authorization", "x-api-key", "api-key"})


class Watch:
    """Follows one turn from request to request."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._open: Observed | None = None
        self._began = 0.0
        self._idle_since = monotonic() - _age_seconds(turn)

    def request_sent(
        self, round_: LiveRound, params: Params, provider: Provider
    ) -> None:
        """A request goes out with these params."""
        self._began = monotonic()
        body = dict(params)
        betas = tuple(body.pop("betas", ()))
        call = Call("POST", "/v1/messages", {**body, "stream": True}, betas=betas)
        with suppress(NotOffered):  # The client says it, and the turn tells it.
            call = provider.write(call)
        assert isinstance(call.params, dict)
        self._open = Observed(
            turn_id=self._turn.id,
            conversation_id=self._turn.conversation_id,
            round=round_.number,
            attempt=round_.attempt,
            url=provider.url(call.path),
            headers={
                name: value
                for name, value in provider.headers(call.betas).items()
                if name not in SECRET_HEADERS
            },
            params=call.params,
            sent_at=datetime.now(UTC),
            queued_ms=_milliseconds(self._idle_since, self._began),
        )

    def request_failed_before(self, retry: Retry) -> None:
        """The client sends the same request again: nothing of it had come."""
        if self._open is not None:
            self._open.failed_before.append(_told(retry.error))

    def answer_began(self, request_id: str | None, headers: Mapping[str, str]) -> None:
        """The first event is there."""
        if self._open is not None:
            self._open.first_byte_ms = self._since()
            self._open.request_id = request_id or ""
            self._open.response_headers = {
                name.lower(): value
                for name, value in headers.items()
                if name.lower().startswith(TOLD_HEADERS)
            }

    def streamed(self, step: Streamed) -> None:
        """Events came; the first that a reader sees is timed."""
        observed = self._open
        if observed is None or observed.first_text_ms is not None:
            return
        if any(map(is_shown, step.events)):
            observed.first_text_ms = self._since()

    def request_ended(
        self, round_: LiveRound | None, error: Mapping[str, Any] | None = None
    ) -> None:
        """The answer is complete, or broke off with an error."""
        if (observed := self._open) is None:
            return
        self._open = None
        self._idle_since = monotonic()
        observed.total_ms = self._since()
        observed.error = None if error is None else dict(error)
        if round_ is not None and round_.snapshot.message:
            content = list(round_.snapshot.blocks)
            observed.response = {**round_.snapshot.message, "content": content}
        keeper.keep(observed)

    def _since(self) -> int:
        return _milliseconds(self._began, monotonic())


class Keeper:
    """Stores what was watched, after everything that somebody waits for."""

    def __init__(self) -> None:
        self._waiting: list[Observed] = []
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def keep(self, observed: Observed) -> None:
        """Store a request soon."""
        if len(self._waiting) >= MAX_WAITING:
            logger.warning("A request is not kept: the database is too slow.")
            return
        self._waiting.append(observed)
        loop = asyncio.get_running_loop()
        task = self._task
        if task is None or task.done() or task.get_loop() is not loop:
            # A new one, because the old one may belong to another loop.
            self._hurry = asyncio.Event()
            self._task = loop.create_task(
                self._store_soon(),
                name="requests for the inspector",
                context=contextvars.Context(),
            )

    async def flush(self) -> None:
        """Store what waits, now; nothing runs on afterwards."""
        self._hurry.set()
        task = self._task
        if task is not None and task.get_loop() is asyncio.get_running_loop():
            await task

    async def _store(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            await writer.do_when_idle(lambda: _save(batch))
        except PASSING_ERRORS as error:
            logger.warning("%d requests are not kept: %s", len(batch), error)
        except Exception:  # noqa: BLE001  whatever it is, the others are kept
            for observed in batch:
                await self._store_alone(observed)

    async def _store_alone(self, observed: Observed) -> None:
        try:
            await writer.do_when_idle(lambda: records.save(observed))
        except DatabaseError as error:
            # Its conversation may have been deleted meanwhile, with all that is in it.
            logger.info("A request of turn %s is not kept: %s", observed.turn_id, error)
        except Exception:
            logger.exception("A request of turn %s is not kept.", observed.turn_id)

    async def _store_soon(self) -> None:
        while self._waiting:
            try:
                await asyncio.wait_for(self._hurry.wait(), FLUSH_SECONDS)
            except TimeoutError:
                pass
            await self._store()


def _save(batch: list[Observed]) -> None:
    for observed in batch:
        records.save(observed)


def _told(error: ClaudeError) -> dict[str, Any]:
    return {
        "type": error.type,
        "message": error.message,
        "request_id": error.request_id,
    }


def _age_seconds(turn: Turn) -> float:
    return max(0.0, (datetime.now(UTC) - turn.created_at).total_seconds())


def _milliseconds(start: float, end: float) -> int:
    return max(0, round((end - start) * 1000))


keeper = Keeper()
