"""Owns the tasks of this process's running turns."""

import asyncio
import contextvars
import logging
from contextlib import aclosing
from uuid import UUID

from django.db.models.functions import Now

from conversations.catalog import card_for
from conversations.claude import Retry
from conversations.models import State, Turn
from conversations.models.reading import read
from conversations.models.turn import LIVE_STATES
from conversations.prompts.build import Prompt, build_prompt
from conversations.protocol import events
from conversations.upstream import get_client

from . import engine, titles
from .hub import hub, person_topic
from .lease import LeaseLost
from .live import LiveTurn
from .outcomes import INTERRUPTED, error_object
from .publisher import Publisher
from .recorder import Recorder
from .registry import registry
from .upkeep import upkeep
from .writer import writer

logger = logging.getLogger(__name__)


def launch(turn: Turn) -> None:
    """Start answering a turn that this process has claimed."""
    live = LiveTurn(turn)
    registry.add(live)
    # A fresh context: one inherited from a view would tie the task to the thread
    # and the database connection of that request.
    live.task = asyncio.get_running_loop().create_task(
        _TurnRun(live).run(), name=f"turn {turn.id}", context=contextvars.Context()
    )
    upkeep.ensure()


async def cancel(turn_id: UUID) -> None:
    """Ask the owner of a turn to stop it; at once if this process owns it."""
    if (live := registry.find(turn_id)) is not None:
        live.cancel()
        return
    # The owner reads this with its heartbeat.
    await writer.do(
        lambda: Turn.objects.filter(
            id=turn_id, state__in=LIVE_STATES, cancel_requested_at=None
        ).update(cancel_requested_at=Now())
    )


async def interrupt_all() -> None:
    """End every running turn as interrupted and wait for it: the process stops."""
    tasks = [live.task for live in registry if live.task is not None]
    for live in registry:
        live.interrupt()
    await asyncio.gather(*tasks, return_exceptions=True)


async def wait_for(turn_id: UUID) -> None:
    """Wait until a turn of this process has ended."""
    live = registry.find(turn_id)
    if live is not None and live.task is not None:
        await asyncio.wait([live.task])


class _TurnRun:
    """One turn from its request to its closing event."""

    def __init__(self, live: LiveTurn) -> None:
        self._live = live
        self._recorder = Recorder(live, writer)
        self._publisher = Publisher(live, hub)

    async def run(self) -> None:
        live = self._live
        live.has_begun = True
        try:
            if live.is_cancelled or live.is_interrupted:
                raise asyncio.CancelledError  # noqa: TRY301  stopped before it began
            await self._answer()
        except LeaseLost:
            logger.warning("Turn %s was taken over by another owner.", live.id)
        except asyncio.CancelledError:
            await self._stop_early()
        except Exception as error:
            if error_object(error)["type"] == "internal_error":
                logger.exception("Turn %s failed.", live.id)
            await self._stop(State.FAILED, error_object(error))
        finally:
            registry.remove(live)

    async def _answer(self) -> None:
        prompt = await _prepare(self._live.turn)
        self._publisher.started()
        steps = engine.run_turn(
            get_client(), prompt.params, on_retry=self._publisher.retrying
        )
        async with aclosing(steps):
            async for step in steps:
                await self._take(step)

    async def _take(self, step: engine.Step) -> None:
        live = self._live
        match step:
            case engine.Streamed(event):
                assert live.current is not None
                self._recorder.streamed(live.current, event)
                self._publisher.streamed(live.current, event)
            case engine.RoundStarted(number, attempt, snapshot):
                live.begin_round(number, attempt, snapshot)
                if attempt > 1:
                    self._publisher.replaced()
            case engine.RequestNamed(request_id):
                assert live.current is not None
                live.current.request_id = request_id
            case engine.AttemptFailed(error, attempt, delay_seconds):
                assert live.current is not None
                self._publisher.retrying(Retry(attempt, delay_seconds, error))
                await self._recorder.book_failed_attempt(live.current)
            case engine.RoundFinished(is_last):
                await self._finish_round(is_last=is_last)

    async def _finish_round(self, *, is_last: bool) -> None:
        round_ = self._live.current
        assert round_ is not None
        if not is_last:
            self._tell_usage(await self._recorder.freeze(round_))
            return
        self._live.is_closing = True
        turn, usage = await self._recorder.complete(round_)
        self._tell_usage(usage)
        self._close(
            events.TurnCompleted, stop_reason=turn.stop_reason, leaf=round_.message_id
        )
        self._tell_person(turn)
        titles.begin(turn)

    async def _stop_early(self) -> None:
        """The task was cancelled: by a person, or because the process stops."""
        if self._live.is_closing:
            return
        if self._live.is_cancelled:
            await self._stop(State.CANCELLED, None)
        else:
            await self._stop(State.INTERRUPTED, INTERRUPTED)

    async def _stop(self, state: State, error: dict[str, object] | None) -> None:
        self._live.is_closing = True
        try:
            turn, usage = await self._recorder.stop(state, error)
        except LeaseLost:
            logger.warning("Turn %s was taken over by another owner.", self._live.id)
            return
        if any(round_.snapshot.usage for round_ in self._live.rounds):
            self._tell_usage(usage)
        leaf = await writer.do(lambda: _last_answer(turn))
        match state:
            case State.CANCELLED:
                self._close(events.TurnCancelled, leaf=leaf)
            case State.INTERRUPTED:
                self._close(events.TurnInterrupted, leaf=leaf, error=error)
            case _:
                self._close(events.TurnFailed, leaf=leaf, error=error)
        self._tell_person(turn)

    def _close(self, event: type[events.TurnEvent], **facts: object) -> None:
        # No longer running before it is told: a snapshot taken in between would carry
        # the closing event's number and still say "running", for ever.
        registry.remove(self._live)
        self._publisher.closed(event, **facts)

    def _tell_usage(self, usage: dict[str, object]) -> None:
        counts = {k: v for k, v in usage.items() if k != "cost_usd"}
        cost = usage["cost_usd"]
        self._publisher.used(counts, None if cost is None else str(cost))

    def _tell_person(self, turn: Turn) -> None:
        changed = events.ConversationChanged(
            conversation=turn.conversation_id, change="updated"
        )
        hub.publish(person_topic(turn.author_id), [changed])


async def _prepare(turn: Turn) -> Prompt:
    prompt = await read(_build, turn.id)
    if prompt.documents:
        turn.documents = prompt.documents
        await writer.do(
            lambda: Turn.objects.filter(id=turn.id).update(documents=prompt.documents)
        )
    return prompt


def _build(turn_id: UUID) -> Prompt:
    turn = Turn.objects.select_related("conversation__prefix").get(id=turn_id)
    return build_prompt(turn, card_for(turn.model))


def _last_answer(turn: Turn) -> UUID | None:
    return turn.messages.order_by("-round").values_list("id", flat=True).first()
