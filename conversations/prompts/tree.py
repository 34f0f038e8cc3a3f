"""The way from the root of a conversation to one of its messages."""

from uuid import UUID

from conversations.models import Conversation, Message


def path_ids(conversation: Conversation, leaf_id: UUID | None) -> list[UUID]:
    """Return the ids from the root to `leaf_id`, root first; one query."""
    parents = dict(conversation.messages.values_list("id", "parent_id"))
    ids: list[UUID] = []
    step = leaf_id
    while step is not None and step in parents:
        ids.append(step)
        step = parents[step]
    return ids[::-1]


def path_to(conversation: Conversation, leaf_id: UUID | None) -> list[Message]:
    """Return the messages from the root to `leaf_id`, root first; two queries."""
    ids = path_ids(conversation, leaf_id)
    messages = Message.objects.in_bulk(ids)
    return [messages[message_id] for message_id in ids]


def deepest_leaf(conversation: Conversation, message_id: UUID) -> UUID:
    """Follow the newest children below a message to the end of its branch."""
    rows = conversation.messages.order_by("id").values_list("parent_id", "id")
    newest = dict(rows)
    while message_id in newest:
        message_id = newest[message_id]
    return message_id
