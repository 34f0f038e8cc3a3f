"""Stored conversations and turns as the protocol's snapshots. All of it reads rows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from conversations.models import Attachment, Conversation, Message, Turn
from conversations.models.branches import Branches, Node
from conversations.protocol.events import ConversationSnapshot, TurnSnapshot

from .objects import conversation_object, message_object, turn_object
from .publisher import for_browser

NEWEST_MESSAGES = 30


def conversation_snapshot(
    conversation: Conversation, leaf_id: UUID | None
) -> ConversationSnapshot:
    """Return the newest messages of a branch and the turns that answer them.

    `leaf_id` may be any message: its branch is followed to the end. An unknown one
    counts as none, which means the conversation's own leaf.
    """
    branches = Branches.of(conversation)
    leaf_id = _leaf(branches, conversation, leaf_id)
    newest = branches.path(leaf_id)[-NEWEST_MESSAGES:]
    turns = conversation.turns.filter(user_message__in=[node.id for node in newest])
    return ConversationSnapshot(
        conversation=conversation_object(conversation),
        leaf=leaf_id,
        messages=_message_objects(branches, newest),
        turns=[turn_object(turn) for turn in turns.order_by("id")],
    )


def _leaf(
    branches: Branches, conversation: Conversation, leaf_id: UUID | None
) -> UUID | None:
    if leaf_id is not None and leaf_id in branches.nodes:
        return branches.newest_leaf(leaf_id)
    return conversation.leaf_id


def _message_objects(branches: Branches, nodes: list[Node]) -> list[dict[str, Any]]:
    messages = Message.objects.in_bulk([node.id for node in nodes])
    files = _attachments_of(messages)
    return [
        message_object(
            messages[node.id], branches.versions(node), files.get(node.id, [])
        )
        for node in nodes
    ]


def _attachments_of(message_ids: Iterable[UUID]) -> dict[UUID, list[Attachment]]:
    """Return the attachments of each message, in the order in which they are sent."""
    links = Message.attachments.through.objects.filter(message_id__in=list(message_ids))
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
