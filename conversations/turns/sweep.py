"""Finds turns whose owner has died: each is begun again once, or ends with its text."""

import asyncio
import logging
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction

from conversations.models import Checkpoint, Message, OpenRound, State, Turn
from conversations.models.clock import database_now
from conversations.usage.recording import Round

from . import endings, lease, telling
from .claims import claims
from .endings import Answer, Ending
from .health import health
from .kept import without_open_calls
from .outcomes import INTERRUPTED
from .registry import registry
from .relay import relay
from .telling import Notice
from .trouble import PASSING_ERRORS, reason_of
from .writer import writer

logger = logging.getLogger(__name__)

MOST_RERUNS = 1
DATABASE = "database"


async def sweep() -> int:
    """End or requeue every turn with an expired lease; return how many."""
    own = registry.ids()
    swept = await writer.do(lambda: _sweep_expired(own))
    for turn, notice in swept:
        logger.warning("The owner of turn %s is gone: it is %s.", turn.id, turn.state)
        telling.tell(turn, notice)
    if any(turn.state == State.QUEUED for turn, _ in swept):
        claims.wake()
        relay.wake_workers()
    return len(swept)


class Sweeper:
    """Sweeps every few seconds, and waits where an expired lease proves nothing.

    After the database was away, or time has jumped (a machine that slept, a clock that
    was set), every lease looks expired: healthy owners get the time to renew theirs.
    """

    def __init__(self) -> None:
        self._is_away = False
        self._wait_until = 0.0
        self._last_look: tuple[float, datetime] | None = None

    def was_away(self) -> None:
        """Take note that the database could not be asked for a while."""
        self._is_away = True

    async def run(self) -> None:
        """Sweep until cancelled. A database that is away is tried again."""
        while True:
            await asyncio.sleep(lease.SWEEP_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Sweep once, unless it is too early for that."""
        now = asyncio.get_running_loop().time()
        try:
            await self._notice_jumps(now)
            if now >= self._wait_until:
                await sweep()
        except DatabaseError as error:
            self.was_away()
            health.impair(DATABASE, reason_of(error))
            logger.warning("The sweep has to wait: %s", error)
        else:
            health.recover(DATABASE)

    async def _notice_jumps(self, now: float) -> None:
        moment = await writer.do(database_now)
        if self._is_away or self._has_jumped(now, moment):
            self._is_away = False
            self._wait_until = now + lease.LEASE_SECONDS
        self._last_look = now, moment

    def _has_jumped(self, now: float, moment: datetime) -> bool:
        if self._last_look is None:
            return False
        then, moment_then = self._last_look
        drift = (moment - moment_then).total_seconds() - lease.SWEEP_SECONDS
        # Time that this process has not seen pass, on its clock or the database's.
        return abs(drift) > lease.SWEEP_SECONDS or now - then > 2 * lease.SWEEP_SECONDS


def _sweep_expired(own: list[UUID]) -> list[tuple[Turn, Notice]]:
    expired = lease.expired(own).order_by("id").select_for_update(skip_locked=True)
    swept = []
    for turn in expired:
        if lease.take_over(turn):
            ended = _requeue(turn) if _may_run_again(turn) else _end(turn)
            swept.append((ended, telling.notice_of(ended)))
    return swept


def _end(turn: Turn) -> Turn:
    try:
        with transaction.atomic():
            ended, _ = endings.close_turn(turn, _ending(turn))
    except PASSING_ERRORS:
        raise
    except Exception:
        # One that cannot be stored must not stop the sweep of all others.
        logger.exception("What turn %s has written cannot be stored.", turn.id)
        without = Ending(state=State.INTERRUPTED, error=INTERRUPTED)
        ended, _ = endings.close_turn(turn, without)
    return ended


def _may_run_again(turn: Turn) -> bool:
    """Whether nothing of the answer was ever shown, and this is the first time."""
    if turn.reruns >= MOST_RERUNS or turn.cancel_requested_at is not None:
        return False
    return not (turn.checkpoints.exists() or turn.messages.exists())


def _requeue(turn: Turn) -> Turn:
    return endings.requeue(turn.id, turn.epoch, _open_usage(turn))


def _ending(turn: Turn) -> Ending:
    last = turn.messages.order_by("-id").first()
    is_cancelled = turn.cancel_requested_at is not None
    return Ending(
        state=State.CANCELLED if is_cancelled else State.INTERRUPTED,
        error=None if is_cancelled else INTERRUPTED,
        answer=_kept_answer(turn, last),
        usage=_open_usage(turn),
        leaf_id=last.id if last else None,
        may_leave_calls=True,
    )


def _open_usage(turn: Turn) -> list[Round]:
    """Return what the open round had cost when it was last saved."""
    open_round = OpenRound.objects.filter(turn=turn).first()
    if open_round is None or not open_round.usage:
        return []
    return [
        Round(
            turn_id=turn.id,
            number=open_round.number,
            attempt=open_round.attempt,
            model=open_round.model,
            upstream_message_id=open_round.upstream_message_id,
            request_id=open_round.request_id,
            usage=open_round.usage,
            is_estimated=True,
            requested_model=turn.model,
            payer_id=turn.author_id,
        )
    ]


def _kept_answer(turn: Turn, last: Message | None) -> Answer | None:
    rows = list(turn.checkpoints.order_by("index"))
    content = without_open_calls(row.block for row in rows if _can_stay(row))
    if not content:
        return None
    open_round = OpenRound.objects.filter(turn=turn).first()
    return Answer(
        message_id=rows[0].message_id,
        parent_id=last.id if last else turn.user_message_id,
        round=rows[0].round,
        content=content,
        model=open_round.model if open_round else turn.model,
        upstream_id=open_round.upstream_message_id if open_round else "",
        stop_reason="",
        stop_details=None,
    )


def _can_stay(row: Checkpoint) -> bool:
    if row.block["type"] == "text":
        return bool(row.block["text"].strip())
    return row.is_finished


sweeper = Sweeper()
