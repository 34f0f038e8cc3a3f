"""What the provider still keeps of a conversation, by what it told last."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from conversations.models import Message, Purpose, Role, Turn, UsageRecord

# API guide, prompt caching: from the start of the request that used it last.
SHORT_LIFE = timedelta(minutes=5)
LONG_LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class CachedPrefix:
    """So many tokens at the beginning of the next request are cheap until then."""

    tokens: int
    expires_at: datetime.datetime


def cached_prefix(path: Sequence[Message], following: Turn) -> CachedPrefix | None:
    """Return what a turn below `path` can read from the cache, if anything.

    Another model, effort or mode of thinking has a cache of its own.
    """
    answers = [message for message in path if message.role == Role.ASSISTANT]
    if not answers or answers[-1].turn_id is None:
        return None
    records = UsageRecord.objects.filter(
        turn_id=answers[-1].turn_id,
        purpose=Purpose.ANSWER,
        turn__model=following.model,
        turn__effort=following.effort,
        turn__thinking=following.thinking,
    )
    rounds = list(records.order_by("id"))
    turn = answers[-1].turn
    if not rounds or turn is None:
        return None
    last = rounds[-1]
    assert last.turn is not None
    tokens = last.cache_read_input_tokens + last.cache_creation_input_tokens
    # The request began when the one before it was booked, or with its turn.
    began = rounds[-2].created_at if len(rounds) > 1 else turn.started_at
    expires_at = (began or turn.created_at) + _life(last)
    if not tokens or expires_at <= timezone.now():
        return None
    return CachedPrefix(tokens, expires_at)


def _life(record: UsageRecord) -> timedelta:
    """Return how long the entry lives: what was only read is taken for a short one."""
    split = record.usage.get("cache_creation") or {}
    return LONG_LIFE if split.get("ephemeral_1h_input_tokens") else SHORT_LIFE
