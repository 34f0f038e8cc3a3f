"""Stored conversations and turns as the protocol's snapshots. All of it reads rows."""

from typing import Any
from uuid import UUID

from conversations.models import Attachment, Conversation, Message, Turn
from conversations.prompts.tree import deepest_leaf, path_to
from conversations.protocol.events import ConversationSnapshot, TurnSnapshot

from .objects import conversation_object, message_object, turn_object
from .publisher import for_browser
from .versions import versions_of_all

NEWEST_MESSAGES = 30


def conversation_snapshot(
    conversation: Conversation, leaf_id: UUID | None
) -> ConversationSnapshot:
    """Return the newest messages of a branch and the turns that answer them.

    `leaf_id` may be any message: its branch is followed to the end. An unknown one
    counts as none, which means the conversation's own leaf.
    """
    leaf_id = resolve_leaf(conversation, leaf_id)
    newest = path_to(conversation, leaf_id)[-NEWEST_MESSAGES:]
    turns = conversation.turns.filter(user_message__in=newest).order_by("id")
    return ConversationSnapshot(
        conversation=conversation_object(conversation),
        leaf=leaf_id,
        messages=message_objects(newest),
        turns=[turn_object(turn) for turn in turns],
    )


def resolve_leaf(conversation: Conversation, leaf_id: UUID | None) -> UUID | None:
    """Return the end of the branch that is to be looked at."""
    if leaf_id is not None and conversation.messages.filter(id=leaf_id).exists():
        return deepest_leaf(conversation, leaf_id)
    return conversation.leaf_id


def message_objects(messages: list[Message]) -> list[dict[str, Any]]:
    """Return protocol objects of messages of one conversation; three queries."""
    versions = versions_of_all(messages)
    files = attachments_of(messages)
    return [
        message_object(message, versions[message.id], files.get(message.id, []))
        for message in messages
    ]


def attachments_of(messages: list[Message]) -> dict[UUID, list[Attachment]]:
    """Return the attachments of each message, in the order in which they are sent."""
    links = Message.attachments.through.objects.filter(message__in=messages)
    found: dict[UUID, list[Attachment]] = {}
    for link in links.select_related("attachment").order_by("id"):
        found.setdefault(link.message_id, []).append(link.attachment)
    return found


def stored_turn_snapshot(turn: Turn) -> TurnSnapshot:
    """Return a turn as stored: what a late watcher of an ended turn gets.

    Its state is final, so no event follows it and its number is 0.
    """
    messages = turn.messages.filter(role="assistant").order_by("round")
    return TurnSnapshot(
        turn=turn.id,
        conversation=turn.conversation_id,
        epoch=turn.epoch,
        seq=0,
        state=turn_object(turn),
        messages=[_stored_round(message) for message in messages],
    )


def _stored_round(message: Message) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "round": message.round,
        "blocks": [
            {"index": index, "block": for_browser(block), "finished": True}
            for index, block in enumerate(message.blocks)
        ],
    }
