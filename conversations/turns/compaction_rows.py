"""The rows of compactions: begun, claimed, renewed, ended. Jobs for the writer.

A small lease of their own: nothing of a compaction is shown before it is complete, so
one whose owner died is simply begun again, once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from conversations.catalog import card_for
from conversations.models import (
    Compaction,
    Conversation,
    Message,
    Purpose,
    State,
    Turn,
    UsageRecord,
)
from conversations.models.clock import database_now
from conversations.models.conversation import find_visible
from conversations.models.message import find_path
from conversations.models.wire import Block
from conversations.prompts.compaction import last_to_cover, newest_on
from conversations.protocol.commands import CommandRejected
from conversations.usage.recording import Round, record_usage

from .lease import LEASE_SECONDS, OWNER, Renewal, lease_end

MOST_ATTEMPTS = 2
# ours: of the window; the rest is for questions and answers until it is compacted
FULL_SHARE = 0.75
MOST_INSTRUCTIONS = 10_000  # ours, characters: a page of wishes, not another document
GIVEN_UP = {
    "type": "interrupted",
    "message": "The server stopped before the conversation was compacted.",
    "retryable": True,
    "request_id": None,
    "action": "retry",
}


@dataclass(frozen=True)
class Outcome:
    """How a compaction ended, and what its request used."""

    state: State
    kind: str = ""
    content: tuple[Block, ...] = ()
    error: dict[str, Any] | None = None
    tokens_before: int | None = None
    tokens_after: int | None = None
    usage: dict[str, Any] | None = None
    model: str = ""
    upstream_message_id: str = ""
    request_id: str = ""


def create(
    user: AbstractBaseUser,
    conversation_id: UUID,
    leaf: UUID | None,
    instructions: str,
    *,
    is_claimed: bool,
) -> Compaction:
    """Store a compaction of a person's branch; return the one that runs already.

    Raises CommandRejected.
    """
    conversation = find_visible(user, conversation_id)
    if conversation is None:
        raise CommandRejected("not_found", "There is no such conversation.")
    if len(instructions) > MOST_INSTRUCTIONS:
        raise CommandRejected(
            "malformed_command",
            f"The wishes have {len(instructions):,} characters; at most"
            f" {MOST_INSTRUCTIONS:,} are allowed.",
        )
    mine = Compaction.objects.filter(conversation=conversation)
    if (live := mine.live().first()) is not None:
        return live
    fields = {"asked_by_id": user.pk, "instructions": instructions.replace("\0", "")}
    return _insert(conversation, leaf, fields, is_claimed=is_claimed)


def create_if_due(turn: Turn, tokens: int) -> Compaction | None:
    """Store a compaction of what a turn has ended, if its conversation wants that.

    None where there is room left, or nothing to be done. `tokens` is what the next
    request would begin with.
    """
    if not is_due(turn, tokens):
        return None
    conversation = Conversation.objects.get(id=turn.conversation_id)
    if Compaction.objects.filter(conversation=conversation).live().exists():
        return None
    last = turn.messages.order_by("-id").first()
    leaf = last.id if last else None
    try:
        return _insert(conversation, leaf, {"asked_by_id": None}, is_claimed=False)
    except CommandRejected:
        return None


def is_due(turn: Turn, tokens: int) -> bool:
    """Say whether a conversation fills so much of the window, and wants it compacted."""
    window = card_for(turn.model).max_input_tokens
    if window is None or tokens < window * FULL_SHARE:
        return False
    mine = Conversation.objects.filter(id=turn.conversation_id, compacts_itself=True)
    return mine.exists()


def claim_queued(limit: int) -> list[Compaction]:
    """Take the oldest queued compactions that nobody else is taking."""
    queued = Compaction.objects.filter(state=State.QUEUED).order_by("id")
    rows = list(queued.select_for_update(skip_locked=True)[:limit])
    for row in rows:
        _claim(row)
        row.save(update_fields=["state", "owner", "attempts", "lease_expires_at"])
    return rows


def renew(ids: Collection[UUID]) -> Renewal:
    """Renew the leases of this process; return what others have done to its rows."""
    mine = Compaction.objects.filter(id__in=ids, owner=OWNER, state=State.RUNNING)
    mine.update(lease_expires_at=lease_end())
    asked = dict(mine.values_list("id", "cancel_requested_at"))
    return Renewal(
        cancelled={key for key, moment in asked.items() if moment is not None},
        lost=set(ids) - asked.keys(),
    )


def finish(compaction_id: UUID, outcome: Outcome) -> Compaction | None:
    """Store how it ended and what it cost; None if another owner has taken it.

    Finishing again what this process has finished changes nothing.
    """
    row = Compaction.objects.select_for_update().get(id=compaction_id)
    if row.owner != OWNER:
        return None
    if row.state != State.RUNNING:
        return row
    _book(row, outcome)
    row.state = outcome.state
    row.error = outcome.error
    row.finished_at = database_now()
    row.lease_expires_at = None
    row.tokens_before, row.tokens_after = outcome.tokens_before, outcome.tokens_after
    if outcome.state == State.COMPLETED:
        row.kind, row.content = outcome.kind, list(outcome.content)
        turns = Turn.objects.filter(conversation_id=row.conversation_id)
        newest = turns.order_by("-id").values_list("id", flat=True).first()
        row.newest_turn = newest
    row.save()
    return row


def ask_to_cancel(compaction_id: UUID) -> Compaction | None:
    """End one that waits; leave word for the owner of one that runs."""
    rows = Compaction.objects.select_for_update().live()
    row = rows.filter(id=compaction_id).first()
    if row is None:
        return None
    if row.state == State.QUEUED:
        row.state, row.finished_at = State.CANCELLED, database_now()
        row.save(update_fields=["state", "finished_at"])
    elif row.cancel_requested_at is None:
        Compaction.objects.filter(id=row.id).update(cancel_requested_at=Now())
    return row


def requeue(compaction_id: UUID) -> Compaction | None:
    """Leave a compaction to the next process: this one stops."""
    mine = Compaction.objects.filter(id=compaction_id, owner=OWNER, state=State.RUNNING)
    mine.update(
        state=State.QUEUED,
        owner="",
        lease_expires_at=None,
        attempts=F("attempts") - 1,
    )
    return Compaction.objects.filter(id=compaction_id).first()


def sweep(own_ids: Collection[UUID]) -> list[Compaction]:
    """Begin again, or end, what a dead owner has left."""
    late = Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now())
    if connection.vendor == "sqlite":
        # There is one process: every owner but this one is dead.
        late |= ~Q(owner=OWNER)
    running = Compaction.objects.filter(state=State.RUNNING).exclude(id__in=own_ids)
    swept = list(running.filter(late).select_for_update(skip_locked=True))
    for row in swept:
        row.owner, row.lease_expires_at = "", None
        if row.cancel_requested_at is not None:
            row.state, row.finished_at = State.CANCELLED, database_now()
        elif row.attempts < MOST_ATTEMPTS:
            row.state = State.QUEUED
        else:
            row.state, row.error = State.INTERRUPTED, GIVEN_UP
            row.finished_at = database_now()
        row.save()
    return swept


def _insert(
    conversation: Conversation,
    leaf: UUID | None,
    fields: dict[str, Any],
    *,
    is_claimed: bool,
) -> Compaction:
    path = _path(conversation, leaf)
    last = last_to_cover(path)
    if last is None:
        raise CommandRejected(
            "nothing_to_compact", "There is no answer here yet to compact."
        )
    place = path.index(last)
    earlier = newest_on(conversation.id, [message.id for message in path])
    if earlier is not None and earlier[1] >= place:
        raise CommandRejected(
            "nothing_to_compact",
            "Everything up to here is compacted already. Go on with the conversation.",
        )
    row = Compaction(
        conversation=conversation,
        message=last,
        model=_model_for(last),
        message_count=place + 1,
        **fields,
    )
    if is_claimed:
        _claim(row)
    row.save(force_insert=True)
    return row


def _path(conversation: Conversation, leaf: UUID | None) -> list[Message]:
    if leaf is not None and not conversation.messages.filter(id=leaf).exists():
        raise CommandRejected("not_found", "There is no such message to compact to.")
    leaf = leaf or conversation.leaf_id
    return [] if leaf is None else find_path(leaf)


def _model_for(last: Message) -> str:
    """Return the model that has answered last: what it could read, it can compact."""
    model = last.turn.model if last.turn else settings.DEFAULT_MODEL
    is_gone = card_for(model).lifecycle == "retired"
    return settings.DEFAULT_MODEL if is_gone else model


def _claim(row: Compaction) -> None:
    row.state = State.RUNNING
    row.owner = OWNER
    row.attempts += 1
    row.lease_expires_at = database_now() + timedelta(seconds=LEASE_SECONDS)


def _book(row: Compaction, outcome: Outcome) -> None:
    turn_id = row.message.turn_id
    if not outcome.usage or turn_id is None:
        return
    earlier = UsageRecord.objects.filter(turn_id=turn_id, purpose=Purpose.COMPACTION)
    record_usage(
        Round(
            turn_id=turn_id,
            purpose=Purpose.COMPACTION,
            number=earlier.count() + 1,
            attempt=1,
            model=outcome.model or row.model,
            upstream_message_id=outcome.upstream_message_id,
            request_id=outcome.request_id,
            usage=outcome.usage,
            is_estimated=outcome.state != State.COMPLETED,
        )
    )
