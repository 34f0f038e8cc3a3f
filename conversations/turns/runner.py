"""Owns the tasks of this process's running turns."""

import asyncio
import contextvars
import logging
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.db.models.functions import Now

from conversations.catalog import card_for
from conversations.claude import InvalidRequest, NotFound, Provider, Retry
from conversations.models import Role, State, Turn
from conversations.models.reading import read
from conversations.prompts import doctor
from conversations.prompts.build import Prompt, build_prompt
from conversations.prompts.cache_diagnosis import ask_why_missed
from conversations.protocol import events
from conversations.upstream import get_client

from . import compaction_due, engine, remote_files, suggestions, telling, titles
from .cache_misses import explain_miss
from .hub import conversation_topic, encode, hub
from .inspecting import Watch
from .lease import LeaseLost, fenced
from .live import LiveTurn
from .outcomes import INTERRUPTED, error_object
from .patience import surely
from .publisher import Publisher
from .recorder import Recorder
from .registry import registry
from .relay import relay
from .snapshots import latest_snapshot
from .tool_calls import ToolCalls
from .upkeep import upkeep
from .writer import writer

logger = logging.getLogger(__name__)

DRAIN_LOOK_SECONDS = 0.5  # ours: how soon a turn is noticed that begins to wait


def launch(turn: Turn) -> None:
    """Start answering a turn that this process has claimed."""
    live = LiveTurn(turn)
    registry.add(live)
    relay.announce(live)
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
    asked, notice = await writer.do(lambda: _ask_to_cancel(turn_id))
    if asked is None:
        return
    if notice is None:
        # The owner reads the column with its heartbeat; this only hastens it.
        relay.wake_owner(asked.owner)
    else:
        telling.tell(asked, notice)


def _ask_to_cancel(turn_id: UUID) -> tuple[Turn | None, telling.Notice | None]:
    """Leave word for the owner; end a turn that has none. A job for the writer."""
    turn = Turn.objects.select_for_update().live().filter(id=turn_id).first()
    if turn is None:
        return None, None
    if turn.state == State.QUEUED:
        turn.epoch += 1
        Turn.objects.filter(id=turn_id).update(
            state=State.CANCELLED, epoch=turn.epoch, finished_at=Now()
        )
        turn.refresh_from_db()
        return turn, telling.notice_of(turn)
    if turn.cancel_requested_at is None:
        Turn.objects.filter(id=turn_id).update(cancel_requested_at=Now())
    return turn, None


async def drain(seconds: float) -> None:
    """Wait until every running turn has ended, at most `seconds`.

    One that only waits for a person's word is interrupted: it has nothing to finish.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while len(registry) and (left := end - clock()) > 0:
        for live in registry:
            if live.only_waits_for_word and not live.is_interrupted:
                live.interrupt()
        tasks = [live.task for live in registry if live.task is not None]
        await asyncio.wait(tasks, timeout=min(left, DRAIN_LOOK_SECONDS))


async def interrupt_all() -> None:
    """Stop every running turn and wait for it: the process stops.

    What was shown ends as interrupted; the others are queued again.
    """
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
        self._tools = ToolCalls(live, self._publisher, writer)
        self._watch = Watch(live.turn)
        # Only a conversation's first turn may have to find it a title.
        self._is_first = False

    async def run(self) -> None:
        self._live.has_begun = True
        try:
            await self._run()
        except LeaseLost:
            logger.warning("Turn %s was taken over by another owner.", self._live.id)
            self._live.is_lost = True
        finally:
            self._let_go()
        if self._live.is_lost:
            await _follow(self._live)

    async def _run(self) -> None:
        live = self._live
        try:
            if live.is_cancelled or live.is_interrupted or live.is_lost:
                raise asyncio.CancelledError  # noqa: TRY301  stopped before it began
            await self._answer()
        except LeaseLost:
            raise
        except asyncio.CancelledError:
            await self._stop_early()
        except Exception as error:
            if error_object(error)["type"] == "internal_error":
                logger.exception("Turn %s failed.", live.id)
            await self._stop(State.FAILED, error_object(error))

    async def _answer(self) -> None:
        prompt = await _prepare(self._live.turn)
        if self._live.epoch > 1:
            self._publisher.replaced()
        self._publisher.started()
        while True:
            try:
                return await self._follow(prompt)
            except (InvalidRequest, NotFound) as error:
                self._request_ended(error_object(error))
                if self._live.is_shown or not await _mend_refused(
                    self._live.turn, error
                ):
                    raise
            prompt = await _prepare(self._live.turn)
            # It carries what was repaired.
            self._publisher.replaced()

    async def _follow(self, prompt: Prompt) -> None:
        live = self._live
        self._is_first = len(prompt.params["messages"]) == 1
        client = get_client(prompt.provider)
        steps = engine.run_turn(
            client,
            prompt.params,
            run_tools=self._tools.run if "tools" in prompt.params else None,
            on_retry=self._retrying,
        )
        async with aclosing(steps):
            async for step in steps:
                if isinstance(step, engine.RoundStarted):
                    self._begin_round(step, prompt.params, client.provider)
                    continue
                if isinstance(step, engine.RoundFinished):
                    await explain_miss(live.turn, prompt, live.current)
                await self._take(step)

    def _begin_round(
        self, step: engine.RoundStarted, params: dict[str, Any], provider: Provider
    ) -> None:
        live = self._live
        attempt = live.turn.reruns * engine.MAX_ATTEMPTS + step.attempt
        round_ = live.begin_round(step.number, attempt, step.snapshot)
        self._watch.request_sent(round_, params, provider)
        if step.attempt > 1:
            self._publisher.replaced()

    async def _take(self, step: engine.Step) -> None:
        live = self._live
        match step:
            case engine.Streamed(batch):
                round_ = live.current
                assert round_ is not None
                self._recorder.streamed(round_, batch)
                self._publisher.streamed(round_, batch)
                self._watch.streamed(step)
            case engine.RequestNamed(request_id, headers):
                assert live.current is not None
                live.current.request_id = request_id
                self._watch.answer_began(request_id, headers)
            case engine.AttemptFailed(error, attempt, delay_seconds, limit):
                assert live.current is not None
                self._request_ended(error_object(error))
                self._publisher.retrying(Retry(attempt, delay_seconds, error, limit))
                await self._recorder.book_failed_attempt(live.current)
            case engine.RoundFinished(is_last):
                self._request_ended()
                await self._finish_round(is_last=is_last)
            case engine.ToolsFinished(results):
                await self._recorder.store_results(live.rounds[-1], results)

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
        telling.tell_person(turn)
        if self._live.turn.conversation.compacts_itself:
            compaction_due.consider(turn, round_.snapshot.usage)
        if self._is_first:
            titles.begin(turn)
        suggestions.begin(turn)

    def _retrying(self, retry: Retry) -> None:
        self._watch.request_failed_before(retry)
        self._publisher.retrying(retry)

    def _request_ended(self, error: dict[str, Any] | None = None) -> None:
        self._watch.request_ended(self._live.current, error)

    async def _stop_early(self) -> None:
        """The task was cancelled: by a person, by a loss, or because the process stops."""
        live = self._live
        if live.is_closing or live.is_lost:
            return
        if live.is_cancelled:
            await self._stop(State.CANCELLED, None)
        elif live.is_shown:
            await self._stop(State.INTERRUPTED, INTERRUPTED)
        else:
            await self._requeue()

    async def _requeue(self) -> None:
        self._live.is_closing = True
        self._request_ended(INTERRUPTED)
        turn = await self._recorder.requeue()
        self._let_go()
        notice = await writer.do_surely(lambda: telling.notice_of(turn))
        telling.tell(turn, notice)
        relay.wake_workers()

    async def _stop(self, state: State, error: dict[str, object] | None) -> None:
        self._live.is_closing = True
        self._request_ended(error or {"type": state.value})
        turn, usage, error = await self._record_stop(state, error)
        if any(round_.snapshot.usage for round_ in self._live.rounds):
            self._tell_usage(usage)
        leaf = await writer.do_surely(lambda: _last_answer(turn))
        match turn.state:
            case State.CANCELLED:
                self._close(events.TurnCancelled, leaf=leaf)
            case State.INTERRUPTED:
                self._close(events.TurnInterrupted, leaf=leaf, error=error)
            case _:
                self._close(events.TurnFailed, leaf=leaf, error=error)
        telling.tell_person(turn)

    async def _record_stop(
        self, state: State, error: dict[str, object] | None
    ) -> tuple[Turn, dict[str, Any], dict[str, object] | None]:
        try:
            turn, usage = await self._recorder.stop(state, error)
        except LeaseLost:
            raise
        except Exception as broken:
            # What cannot be stored must not keep the turn running for ever.
            logger.exception(
                "What turn %s has written cannot be stored.", self._live.id
            )
            error = error_object(broken)
            turn, usage = await self._recorder.abandon(error)
        return turn, usage, error

    def _close(self, event: type[events.TurnEvent], **facts: object) -> None:
        # No longer running before it is told: a snapshot taken in between would carry
        # the closing event's number and still say "running", for ever.
        registry.remove(self._live)
        self._publisher.closed(event, **facts)
        relay.release(self._live)

    def _let_go(self) -> None:
        registry.remove(self._live)
        relay.release(self._live)

    def _tell_usage(self, usage: dict[str, object]) -> None:
        counts = {k: v for k, v in usage.items() if k != "cost_usd"}
        cost = usage["cost_usd"]
        self._publisher.used(counts, None if cost is None else str(cost))


async def _follow(live: LiveTurn) -> None:
    """Show who watches here how a turn goes on that another owner has taken.

    Until now this process has answered for it, so nobody has asked that owner.
    """
    topic = conversation_topic(live.conversation_id)
    goes_on_here = registry.find(live.id) is not None
    if goes_on_here or not hub.count(topic):
        return
    try:
        turn = await read(Turn.objects.filter(id=live.id).first)
        if turn is None or relay.ask(turn):
            return
        snapshot = await latest_snapshot(turn.id)
    except DatabaseError as error:
        # When it is back every page is told to ask again.
        logger.warning("Turn %s could not be followed: %s", live.id, error)
        return
    if snapshot is not None:
        hub.deliver(topic, [encode(snapshot)])


async def _prepare(turn: Turn) -> Prompt:
    """Build the request, and mend the history first where the API would refuse it."""
    prompt = await surely(lambda: read(_build, turn))
    if prompt.waiting:
        card = await surely(lambda: read(card_for, turn.model))
        if notices := await remote_files.upload(turn, card, prompt.waiting):
            await writer.do_surely(lambda: _mend(turn, partial(_unknown, notices)))
        prompt = await surely(lambda: read(_build, turn))
    if prompt.needs_mending:
        await writer.do_surely(lambda: _mend(turn, doctor.mend))
        prompt = await surely(lambda: read(_build, turn))
    if prompt.documents:
        turn.documents = prompt.documents
        await writer.do_surely(lambda: _save(turn, "documents"))
    return prompt


def _unknown(notices: list[doctor.Notice], turn: Turn) -> list[doctor.Notice]:
    return [notice for notice in notices if notice not in turn.repairs]


async def _mend_refused(turn: Turn, error: InvalidRequest | NotFound) -> bool:
    """Repair what the API has refused; False if that cannot be repaired."""
    if isinstance(error, NotFound):
        return await writer.do_surely(lambda: remote_files.mark_gone(turn, error))
    return await writer.do_surely(
        lambda: _mend(turn, lambda turn: doctor.mend_refused(turn, error))
    )


def _mend(turn: Turn, mend: Callable[[Turn], list[doctor.Notice]]) -> bool:
    """Repair, and keep with the turn what was repaired for it, in one transaction.

    A commit whose answer got lost runs again and finds nothing left to repair: then the
    row knows better than this object what was repaired.
    """
    turn.repairs = fenced(turn.id, turn.epoch).repairs
    if repairs := mend(turn):
        turn.repairs = [*turn.repairs, *repairs]
        _save(turn, "repairs")
    return bool(repairs)


def _save(turn: Turn, column: str) -> None:
    """Write one column of a turn that is still ours. Raises LeaseLost."""
    fenced(turn.id, turn.epoch)
    turn.save(update_fields=[column])


def _build(turn: Turn) -> Prompt:
    card = card_for(turn.model)
    prompt = build_prompt(turn, card)
    ask_why_missed(prompt, card)
    return prompt


def _last_answer(turn: Turn) -> UUID | None:
    answers = turn.messages.filter(role=Role.ASSISTANT).order_by("-round")
    return answers.values_list("id", flat=True).first()
