"""Compacts conversations in the background: the tasks of this process, and their upkeep.

Turns go on meanwhile: what is compacted has been answered, and the next request uses it.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError

from conversations.catalog import card_for
from conversations.claude import MessageSnapshot
from conversations.models import Compaction, ModelCard, Provider, State, Turn
from conversations.models.reading import read
from conversations.prompts import doctor
from conversations.prompts.build import build_prompt
from conversations.prompts.compaction import (
    NoSummary,
    ask_for_compaction,
    read_compaction,
)
from conversations.upstream import get_client

from . import compaction_rows, lease, remote_files
from .claims import claims
from .compaction_news import tell_changed
from .compaction_rows import Outcome
from .outcomes import error_object
from .writer import writer

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 4  # ours: long requests that nobody waits for in front of the screen
NO_SUMMARY = {
    "type": "no_summary",
    "message": "Claude wrote no summary of the conversation. Try again.",
    "retryable": True,
    "request_id": None,
    "action": "retry",
}
# What the error of a turn advises: to compact it.
TOO_LONG = {
    "message": "The conversation is too long even to be compacted. Start a new one.",
    "action": "none",
}


class Compactor:
    """The compactions that this process runs. Used on the event loop only."""

    def __init__(self) -> None:
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._cancelled: set[UUID] = set()
        self._lost: set[UUID] = set()

    async def start(
        self,
        user: AbstractBaseUser,
        conversation_id: UUID,
        *,
        leaf: UUID | None = None,
        instructions: str = "",
    ) -> Compaction:
        """Begin to compact a branch for a person. Asking twice is fine.

        Raises CommandRejected.
        """
        claims.require_open()
        return await self._begin(
            lambda: compaction_rows.create(
                user,
                conversation_id,
                leaf,
                instructions,
                is_claimed=claims.is_answering,
            )
        )

    async def cancel(self, compaction_id: UUID) -> None:
        """Stop one, wherever it runs; what it would stand for stays as it is."""
        if (task := self._tasks.get(compaction_id)) is not None:
            self._cancelled.add(compaction_id)
            task.cancel()
            return
        row = await writer.do(lambda: compaction_rows.ask_to_cancel(compaction_id))
        if row is not None:
            tell_changed(row)

    async def wait_for(self, compaction_id: UUID) -> None:
        """Wait until a compaction of this process has ended."""
        if (task := self._tasks.get(compaction_id)) is not None:
            await asyncio.wait([task])

    async def run(self) -> None:
        """Renew, sweep and claim until cancelled."""
        while True:
            try:
                await self.look()
            except DatabaseError as error:
                logger.warning("Compactions have to wait: %s", error)
            await asyncio.sleep(lease.HEARTBEAT_SECONDS)

    async def look(self) -> None:
        """Renew what runs here; take up what nobody runs."""
        if self._tasks:
            await self._renew()
        if not await read(_has_live):
            return
        own = list(self._tasks)
        for row in await writer.do(lambda: compaction_rows.sweep(own)):
            logger.warning("The owner of compaction %s is gone.", row.id)
            tell_changed(row)
        room = MOST_AT_ONCE - len(self._tasks)
        if claims.is_answering and not claims.is_draining and room > 0:
            for row in await writer.do(lambda: compaction_rows.claim_queued(room)):
                self._launch(row)

    async def stop(self) -> None:
        """Give up what runs: the next process begins it again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin(self, create: Callable[[], Compaction]) -> Compaction:
        row = await writer.do(create)
        if row.state == State.RUNNING and row.owner == lease.OWNER:
            self._launch(row)
        tell_changed(row)
        return row

    async def _renew(self) -> None:
        ids = list(self._tasks)
        renewal = await writer.do(lambda: compaction_rows.renew(ids))
        for compaction_id in renewal.cancelled | renewal.lost:
            if (task := self._tasks.get(compaction_id)) is not None:
                known = renewal.lost & {compaction_id} and self._lost
                (known or self._cancelled).add(compaction_id)
                task.cancel()

    def _launch(self, row: Compaction) -> None:
        if row.id in self._tasks:
            return
        task = asyncio.get_running_loop().create_task(
            self._run(row), name=f"compaction {row.id}", context=contextvars.Context()
        )
        self._tasks[row.id] = task
        task.add_done_callback(lambda _: self._forget(row.id))

    def _forget(self, compaction_id: UUID) -> None:
        self._tasks.pop(compaction_id, None)
        self._cancelled.discard(compaction_id)
        self._lost.discard(compaction_id)

    async def _run(self, row: Compaction) -> None:
        snapshot = MessageSnapshot()
        try:
            outcome = await _compact(row, snapshot)
        except asyncio.CancelledError:
            if row.id in self._lost:
                return
            if row.id not in self._cancelled:
                tell_changed(await writer.do(lambda: compaction_rows.requeue(row.id)))
                return
            outcome = Outcome(State.CANCELLED, **_used(snapshot))
        except Exception as error:  # noqa: BLE001  it must end in a known state
            outcome = _failed(row, error, snapshot)
        tell_changed(
            await writer.do_surely(lambda: compaction_rows.finish(row.id, outcome))
        )


async def _compact(row: Compaction, snapshot: MessageSnapshot) -> Outcome:
    """Ask for what stands for the conversation. Raises ClaudeError, NoSummary."""
    params, provider = await _prepare(row)
    async with get_client(provider).stream(params) as stream:
        async for events in stream:
            for event in events:
                snapshot.apply(event)
        request_id = stream.request_id or ""
    kind, content = read_compaction(snapshot.message)
    used = _used(snapshot)
    return Outcome(
        State.COMPLETED,
        kind=kind,
        content=tuple(content),
        request_id=request_id,
        **used,
    )


async def _prepare(row: Compaction) -> tuple[dict[str, Any], Provider | None]:
    """Build the request, and say whom to ask.

    The history is mended first where the API would refuse it.
    """
    turn, card = await read(_turn_to_cover, row)
    prompt = await read(build_prompt, turn, card)
    if prompt.waiting:
        # What the provider has of them is gone since they were sent.
        await remote_files.upload(turn, card, prompt.waiting)
        prompt = await read(build_prompt, turn, card)
    if prompt.needs_mending:
        await writer.do_surely(lambda: doctor.mend(turn))
        prompt = await read(build_prompt, turn, card)
    return ask_for_compaction(prompt.params, card, row.instructions), prompt.provider


def _turn_to_cover(row: Compaction) -> tuple[Turn, ModelCard]:
    """Return the turn whose request would end with what is to be covered; unsaved.

    It has the settings of the last answer, so that what is cached of that is read.
    """
    last = row.message.turn
    turn = Turn(
        conversation=row.conversation,
        author_id=row.conversation.owner_id,
        user_message=row.message,
        model=row.model,
        effort=last.effort if last else "",
        thinking=last.thinking if last else "",
    )
    return turn, card_for(row.model)


def _failed(row: Compaction, error: Exception, snapshot: MessageSnapshot) -> Outcome:
    if isinstance(error, NoSummary):
        told = NO_SUMMARY
    else:
        told = error_object(error)
        if told["action"] == "shorten":
            told = told | TOO_LONG
        if told["type"] == "internal_error":
            logger.error("Compaction %s failed.", row.id, exc_info=error)
    return Outcome(
        State.FAILED,
        error=told,
        request_id=str(told["request_id"] or ""),
        **_used(snapshot),
    )


def _used(snapshot: MessageSnapshot) -> dict[str, Any]:
    """Return what an answer tells of its cost, as an outcome keeps it."""
    usage = snapshot.usage
    if not usage:
        return {}
    samplings = usage.get("iterations") or [usage]
    before = sum(_input_tokens(sampling) for sampling in samplings)
    after = sum(sampling.get("output_tokens") or 0 for sampling in samplings)
    details = usage.get("output_tokens_details") or {}
    thought = details.get("thinking_tokens") or 0
    return {
        "usage": usage,
        "model": snapshot.message.get("model") or "",
        "upstream_message_id": snapshot.message.get("id") or "",
        "tokens_before": before,
        "tokens_after": max(0, after - thought) if before else None,
    }


def _input_tokens(usage: dict[str, Any]) -> int:
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    return sum(usage.get(name) or 0 for name in names)


def _has_live() -> bool:
    return Compaction.objects.live().exists()


compactor = Compactor()
