"""A person's word on a call that waits for it, from any tab and to any process.

The word stands in the call's row, where the owner of the turn finds it with its
heartbeat; a relay only hastens that, as it does when a turn is to be cancelled.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models.functions import Now

from conversations.models import CallState, Decision, Permission, ToolCall, Turn
from conversations.protocol.commands import CommandRejected
from conversations.tools.permissions import set_permission

from .registry import registry
from .relay import relay
from .writer import writer

# What each word makes of the call.
STATES = {
    Decision.ALLOW: CallState.RUNNING,
    Decision.ALWAYS: CallState.RUNNING,
    Decision.DENY: CallState.DENIED,
}


@dataclass(frozen=True)
class Word:
    """What was decided of one call."""

    turn_id: UUID
    tool_use_id: str
    is_allowed: bool


async def decide(
    user: AbstractBaseUser, turn: Turn, tool_use_id: str, decision: str
) -> None:
    """Carry out what a person says of a call. Raises CommandRejected.

    The first word counts: of two tabs only one can have it.
    """
    try:
        word = Decision(decision)
    except ValueError:
        known = ", ".join(Decision)
        raise CommandRejected(
            "malformed_command", f"'decision' must be one of {known}."
        ) from None
    is_first = await writer.do(lambda: _store(user.pk, turn, tool_use_id, word))
    if not is_first:
        raise CommandRejected(
            "not_waiting", "This call does not wait for a decision any more."
        )
    if not hear([Word(turn.id, tool_use_id, STATES[word] == CallState.RUNNING)]):
        relay.wake_owner(turn.owner)


def hear(words: Iterable[Word]) -> bool:
    """Hand words to the turns of this process; False if none of them is here."""
    is_ours = False
    for word in words:
        if (live := registry.find(word.turn_id)) is not None:
            is_ours = True
            live.decide(word.tool_use_id, is_allowed=word.is_allowed)
    return is_ours


def awaited() -> list[UUID]:
    """Return the turns of this process that wait for somebody's word."""
    return [live.id for live in registry if live.waits_for_word]


def given(turn_ids: Iterable[UUID]) -> list[Word]:
    """Return the words that stand in the rows of these turns. Reads rows."""
    rows = ToolCall.objects.filter(turn_id__in=list(turn_ids)).exclude(decision="")
    return [
        Word(row.turn_id, row.tool_use_id, row.decision != Decision.DENY)
        for row in rows
    ]


def _store(user_id: Any, turn: Turn, tool_use_id: str, word: Decision) -> bool:
    """Write the word into the row of a waiting call; a job for the writer."""
    calls = ToolCall.objects.filter(turn=turn, tool_use_id=tool_use_id)
    waiting = calls.filter(state=CallState.WAITING)
    if not waiting.update(
        state=STATES[word], decision=word, decided_by_id=user_id, decided_at=Now()
    ):
        return False
    if word == Decision.ALWAYS:
        key = calls.values_list("permission_key", flat=True).get()
        set_permission(turn.author_id, key, Permission.ALWAYS)
    return True
