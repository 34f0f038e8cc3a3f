"""The repairs of one path: read from their rows, added to, written back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import models

from conversations.models import Message, Repair
from conversations.models.prepared import PreparedQuery

# (message, kind) -> detail, as models/repair.py describes it for each kind.
type Repairs = dict[tuple[UUID, str], dict[str, Any]]


_repairs = PreparedQuery(
    lambda conversation: Repair.objects.filter(message__conversation_id=conversation),
    conversation=models.UUIDField(),
)


def repairs_of(path: Sequence[Message]) -> Repairs:
    """Return what was repaired in a path, which is not empty; one query."""
    rows = _repairs.rows(conversation=path[0].conversation_id)
    on_path = {message.id for message in path} if rows else set()
    return {
        (row.message_id, row.kind): row.detail
        for row in rows
        if row.message_id in on_path
    }


def together(repairs: Repairs, found: Repairs) -> Repairs:
    """Return the repairs with what was found added: a detail only grows."""
    added = {
        place: _grown(repairs.get(place, {}), detail) for place, detail in found.items()
    }
    return {**repairs, **added}


def added_to(repairs: Repairs, mended: Repairs) -> Repairs:
    """Return those of `mended` that `repairs` does not have, or not all of."""
    return {
        place: detail
        for place, detail in mended.items()
        if repairs.get(place) != detail
    }


def store(repairs: Repairs) -> None:
    """Write repairs to their rows."""
    for (message_id, kind), detail in repairs.items():
        Repair.objects.update_or_create(
            message_id=message_id, kind=kind, defaults={"detail": detail}
        )


def _grown(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    grown = dict(old)
    for key, value in new.items():
        if isinstance(value, list):
            before = old.get(key, [])
            grown[key] = [*before, *(item for item in value if item not in before)]
        else:
            grown[key] = {**old.get(key, {}), **value}
    return grown
