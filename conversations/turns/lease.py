"""Who may write a running turn: owner, epoch and a lease that must be renewed.

All times are the database's, so that processes need not agree on the hour.
"""

import os
import secrets
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now

from conversations.models import State, Turn
from conversations.models.clock import database_now
from conversations.models.turn import TurnQuerySet

HEARTBEAT_SECONDS = 2.0
LEASE_SECONDS = 10.0
SWEEP_SECONDS = 3.0

# A new name for every start: a process never believes it owns what it ran before.
OWNER = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(6)}"


class LeaseLost(Exception):
    """Another owner has taken the turn: what this one writes counts no more."""


@dataclass(frozen=True)
class Renewal:
    """What a heartbeat has found out about the turns of this process."""

    cancelled: set[UUID]
    lost: set[UUID]


def claim(turn: Turn) -> None:
    """Make this process the owner of a turn that is about to be saved."""
    turn.state = State.RUNNING
    turn.owner = OWNER
    turn.epoch += 1
    turn.started_at = database_now()
    turn.lease_expires_at = turn.started_at + timedelta(seconds=LEASE_SECONDS)


def claim_queued(limit: int) -> list[Turn]:
    """Take the oldest queued turns that nobody else is taking; a job for the writer."""
    queued = Turn.objects.filter(state=State.QUEUED, later=False).order_by("id")
    ids = list(
        queued.select_for_update(skip_locked=True).values_list("id", flat=True)[:limit]
    )
    if not ids:
        return []
    taken = Turn.objects.filter(id__in=ids)
    taken.update(
        state=State.RUNNING,
        owner=OWNER,
        epoch=F("epoch") + 1,
        lease_expires_at=lease_end(),
        started_at=Coalesce("started_at", Now()),
    )
    return list(taken.order_by("id"))


def renew(turn_ids: Collection[UUID]) -> Renewal:
    """Renew the leases of this process; return what others have done to its turns."""
    mine = Turn.objects.filter(id__in=turn_ids, owner=OWNER, state=State.RUNNING)
    mine.update(lease_expires_at=lease_end())
    asked = dict(mine.values_list("id", "cancel_requested_at"))
    return Renewal(
        cancelled={turn_id for turn_id, moment in asked.items() if moment is not None},
        lost=set(turn_ids) - asked.keys(),
    )


def lease_end() -> Combinable:
    """Return the database expression of when a lease given now ends."""
    return Now() + timedelta(seconds=LEASE_SECONDS)


def fenced(turn_id: UUID, epoch: int) -> Turn:
    """Return the turn, locked, if this process still owns it; raise LeaseLost if not."""
    rows = Turn.objects.select_for_update().owned_by(OWNER, epoch)
    turn = rows.filter(id=turn_id).first()
    if turn is None:
        raise LeaseLost(f"Turn {turn_id} is no longer owned in epoch {epoch}.")
    return turn


def expired(own_turn_ids: Collection[UUID]) -> TurnQuerySet:
    """Return the running turns whose owner is dead.

    On SQLite there is one process: every owner but this one is dead at once. A lease
    from further ahead than leases are given was written before the clock was set back.
    """
    others = Turn.objects.filter(state=State.RUNNING).exclude(id__in=own_turn_ids)
    late = Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now())
    late |= Q(lease_expires_at__gt=Now() + timedelta(seconds=2 * LEASE_SECONDS))
    if connection.vendor == "sqlite":
        late |= ~Q(owner=OWNER)
    return others.filter(late)


def take_over(turn: Turn) -> bool:
    """Raise the epoch of a dead owner's turn; False if somebody was faster."""
    taken = Turn.objects.filter(id=turn.id, epoch=turn.epoch, state=State.RUNNING)
    if not taken.update(
        owner=OWNER, epoch=F("epoch") + 1, lease_expires_at=lease_end()
    ):
        return False
    turn.owner, turn.epoch = OWNER, turn.epoch + 1
    return True
