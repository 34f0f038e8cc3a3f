"""Requests that were kept, without anybody sending them."""

from datetime import UTC, datetime
from typing import Any

from conversations.inspection.records import Observed, save
from conversations.models import RequestRecord, Turn


def keep(turn: Turn, params: dict[str, Any], **fields: Any) -> RequestRecord:
    """Store a request of `turn` and return its record."""
    facts: dict[str, Any] = {
        "turn_id": turn.id,
        "conversation_id": turn.conversation_id,
        "round": 1,
        "attempt": 1,
        "url": "https://api.anthropic.com/v1/messages",
        "headers": {"anthropic-version": "2026-10-21"},
        "params": params,
        "sent_at": datetime.now(UTC),
        "queued_ms": 5,
    }
    save(Observed(**facts | fields))
    return RequestRecord.objects.latest("id")
