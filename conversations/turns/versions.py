"""The siblings of a message: edits and retries."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from conversations.models import Message


def versions_of(message: Message) -> list[UUID]:
    """Return the ids of all messages in the same place, oldest first."""
    return versions_of_all([message])[message.id]


def versions_of_all(messages: Iterable[Message]) -> dict[UUID, list[UUID]]:
    """Return the versions of each message; one query for all of one conversation."""
    messages = list(messages)
    if not messages:
        return {}
    siblings: defaultdict[tuple[UUID | None, str], list[UUID]] = defaultdict(list)
    rows = Message.objects.filter(conversation_id=messages[0].conversation_id)
    for key, parent_id, role in rows.order_by("id").values_list(
        "id", "parent_id", "role"
    ):
        siblings[parent_id, role].append(key)
    return {
        message.id: siblings[message.parent_id, message.role] for message in messages
    }
