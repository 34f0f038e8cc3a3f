"""Tells that a compaction has begun, waits or has ended."""

from conversations.models import Compaction
from conversations.protocol.events import CompactionChanged

from .hub import conversation_topic, hub
from .objects import compaction_object


def tell_changed(row: Compaction | None) -> None:
    """Tell who watches the conversation; a lost one is told of by its new owner."""
    if row is not None:
        changed = CompactionChanged(
            conversation=row.conversation_id, compaction=compaction_object(row)
        )
        hub.publish(conversation_topic(row.conversation_id), [changed])
