"""What the provider still keeps of a conversation, by what it told last."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, UUIDField
from django.utils import timezone

from conversations.models import (
    Compaction,
    Message,
    Purpose,
    Role,
    Turn,
    UsageRecord,
)
from conversations.models.prepared import PreparedQuery

# API guide, prompt caching: from the start of the request that used it last.
SHORT_LIFE = timedelta(minutes=5)
LONG_LIFE = timedelta(hours=1)
LOOKED_AT = 8  # ours: answers whose times tell the habit of a conversation


@dataclass(frozen=True)
class CachedPrefix:
    """So many tokens at the beginning of the next request are cheap until then."""

    tokens: int
    expires_at: datetime.datetime


@dataclass(frozen=True)
class CacheUse:
    """The last request of an answered turn, as far as it concerns the cache.

    `tokens` is all that it sent, `kept_tokens` what the provider keeps of that until
    `expires_at`. `first_at` is when the turn's first request began.
    """

    turn_id: UUID
    settings: tuple[str, str, str]
    tokens: int
    kept_tokens: int
    first_at: datetime.datetime
    began_at: datetime.datetime
    expires_at: datetime.datetime


class Booked(NamedTuple):
    """A request of an answer, with what of its turn concerns the cache."""

    turn_id: UUID
    model: str
    effort: str
    thinking: str
    turn_started_at: datetime.datetime | None
    turn_created_at: datetime.datetime
    created_at: datetime.datetime
    input_tokens: int
    cache_read_input_tokens: int
    cache_creation_input_tokens: int
    usage: dict[str, Any]

    @property
    def settings(self) -> tuple[str, str, str]:
        return self.model, self.effort, self.thinking


# Of so many turns at most; fewer stand there several times.
_booked = PreparedQuery(
    lambda **turns: (
        UsageRecord.objects.filter(
            # A list would be one of values, which a place is not.
            reduce(or_, (Q(turn_id=turn) for turn in turns.values())),
            purpose=Purpose.ANSWER,
        )
        .order_by("id")
        .values_list(
            "turn_id",
            "turn__model",
            "turn__effort",
            "turn__thinking",
            "turn__started_at",
            "turn__created_at",
            "created_at",
            "input_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "usage",
        )
    ),
    **{f"turn_{number}": UUIDField() for number in range(LOOKED_AT)},
)


def settings_of(turn: Turn) -> tuple[str, str, str]:
    """Return what gives a turn a cache of its own: model, effort, mode of thinking."""
    return turn.model, turn.effort, turn.thinking


def recent_uses(path: Sequence[Message]) -> list[CacheUse]:
    """Return how the last answers of a path used the cache, oldest first; one query."""
    answers = [message for message in path if message.role == Role.ASSISTANT]
    turns = dict.fromkeys(message.turn_id for message in answers if message.turn_id)
    wanted = list(turns)[-LOOKED_AT:]
    if not wanted:
        return []
    rounds: dict[UUID, list[Booked]] = {turn_id: [] for turn_id in wanted}
    places = [*wanted, *[wanted[-1]] * (LOOKED_AT - len(wanted))]
    named = {f"turn_{number}": turn_id for number, turn_id in enumerate(places)}
    for row in _booked.rows(**named):
        record = Booked(*row)
        rounds[record.turn_id].append(record)
    uses: list[CacheUse] = []
    earlier: list[Booked] = []
    for turn_id, booked in rounds.items():
        if booked:
            earlier += booked
            uses.append(_use(turn_id, booked, _life(earlier)))
    return uses


def cached_prefix(path: Sequence[Message], following: Turn) -> CachedPrefix | None:
    """Return what a turn below `path` can read from the cache, if anything.

    Another model, effort or mode of thinking has a cache of its own.
    """
    uses = recent_uses(path)
    if not uses or uses[-1].settings != settings_of(following):
        return None
    last = uses[-1]
    if not last.kept_tokens or last.expires_at <= timezone.now():
        return None
    # What began with other messages than the path does now is of no use.
    compactions = Compaction.objects.filter(id=path[0].id)
    if compactions.filter(finished_at__gt=last.first_at).exists():
        return None
    return CachedPrefix(last.kept_tokens, last.expires_at)


def _use(turn_id: UUID, rounds: Sequence[Booked], life: timedelta) -> CacheUse:
    last = rounds[-1]
    first_at = last.turn_started_at or last.turn_created_at
    # A later request began when the one before it was booked.
    began_at = rounds[-2].created_at if len(rounds) > 1 else first_at
    kept = last.cache_read_input_tokens + last.cache_creation_input_tokens
    return CacheUse(
        turn_id=turn_id,
        settings=last.settings,
        tokens=last.input_tokens + kept,
        kept_tokens=kept,
        first_at=first_at,
        began_at=began_at,
        expires_at=began_at + life,
    )


def _life(booked: Sequence[Booked]) -> timedelta:
    """Return how long what the last of these requests used lives from then on.

    Reading renews it for the time that it was written for, which only the request that
    wrote it tells. Where none of these did, or a part was written for the shorter
    time, it is taken for that.
    """
    for record in reversed(booked):
        is_same = record.settings == booked[-1].settings
        if is_same and (written := record.cache_creation_input_tokens):
            split = record.usage.get("cache_creation")
            written_1h = split.get("ephemeral_1h_input_tokens") if split else 0
            return LONG_LIFE if written_1h == written else SHORT_LIFE
    return SHORT_LIFE
