"""Ends turns whose owner has died: keeps their text and says so."""

import asyncio
import logging
from uuid import UUID

from django.db import DatabaseError

from conversations.models import Checkpoint, Message, State, Turn
from conversations.protocol import events

from . import endings, lease
from .endings import Answer, Ending
from .hub import conversation_topic, hub, person_topic
from .kept import without_open_calls
from .outcomes import INTERRUPTED
from .registry import registry
from .snapshots import stored_turn_snapshot
from .writer import writer

logger = logging.getLogger(__name__)


async def sweep() -> int:
    """End every turn with an expired lease as interrupted; return how many."""
    own = registry.ids()
    ended = await writer.do(lambda: _end_expired(own))
    for turn, snapshot in ended:
        logger.warning("Turn %s was interrupted: its owner is gone.", turn.id)
        _tell(turn, snapshot)
    return len(ended)


async def sweep_forever() -> None:
    """Sweep every few seconds. A database that is away is tried again."""
    while True:
        await asyncio.sleep(lease.SWEEP_SECONDS)
        try:
            await sweep()
        except DatabaseError as error:
            logger.warning("The sweep has to wait: %s", error)


def _end_expired(own: list[UUID]) -> list[tuple[Turn, events.TurnSnapshot]]:
    ended = []
    for turn in lease.expired(own).order_by("id"):
        if lease.take_over(turn):
            closed, _ = endings.close_turn(turn.id, turn.epoch, _ending(turn))
            ended.append((closed, stored_turn_snapshot(closed)))
    return ended


def _ending(turn: Turn) -> Ending:
    last = turn.messages.order_by("-round").first()
    return Ending(
        state=State.INTERRUPTED,
        error=INTERRUPTED,
        answer=_kept_answer(turn, last),
        leaf_id=last.id if last else None,
    )


def _kept_answer(turn: Turn, last: Message | None) -> Answer | None:
    rows = list(turn.checkpoints.order_by("index"))
    content = without_open_calls(row.block for row in rows if _can_stay(row))
    if not content:
        return None
    return Answer(
        message_id=rows[0].message_id,
        parent_id=last.id if last else turn.user_message_id,
        round=rows[0].round,
        content=content,
        model=turn.model,
        upstream_id="",
        stop_reason="",
        stop_details=None,
    )


def _can_stay(row: Checkpoint) -> bool:
    if row.block["type"] == "text":
        return bool(row.block["text"].strip())
    return row.is_finished


def _tell(turn: Turn, snapshot: events.TurnSnapshot) -> None:
    """Tell who still watches: a new epoch begins with a snapshot and ends at once."""
    closing = events.TurnInterrupted(
        turn=turn.id,
        conversation=turn.conversation_id,
        epoch=turn.epoch,
        seq=1,
        leaf=UUID(snapshot.messages[-1]["id"]) if snapshot.messages else None,
        error=INTERRUPTED,
    )
    hub.publish(conversation_topic(turn.conversation_id), [snapshot, closing])
    changed = events.ConversationChanged(
        conversation=turn.conversation_id, change="updated"
    )
    hub.publish(person_topic(turn.author_id), [changed])
