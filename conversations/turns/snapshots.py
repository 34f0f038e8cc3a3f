"""Stored conversations and turns as the protocol's snapshots."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from conversations.models import (
    Attachment,
    Checkpoint,
    Compaction,
    Conversation,
    Message,
    Role,
    State,
    Turn,
)
from conversations.models.branches import Branches, Node
from conversations.models.reading import read
from conversations.protocol.events import ConversationSnapshot, TurnSnapshot

from .objects import (
    call_object,
    compaction_object,
    conversation_object,
    message_object,
    turn_object,
)
from .publisher import for_browser, snapshot_event
from .registry import registry

NEWEST_MESSAGES = 30


def look_at(
    conversation: Conversation, leaf_id: UUID | None
) -> tuple[list[Turn], ConversationSnapshot]:
    """Return the running turns of a conversation, and after them its messages.

    A turn that ends in between is asked for in vain, and so its end is found. The
    other way round nobody would ask for it.
    """
    running = list(conversation.turns.filter(state=State.RUNNING))
    return running, conversation_snapshot(conversation, leaf_id)


def conversation_snapshot(
    conversation: Conversation, leaf_id: UUID | None
) -> ConversationSnapshot:
    """Return the newest messages of a branch and the turns that answer them.

    `leaf_id` may be any message: its branch is followed to the end. An unknown one
    counts as none, which means the conversation's own leaf.
    """
    branches = Branches.of(conversation)
    leaf_id = _leaf(branches, conversation, leaf_id)
    said = [node for node in branches.path(leaf_id) if not node.has_results]
    newest = said[-NEWEST_MESSAGES:]
    turns = conversation.turns.filter(user_message__in=[node.id for node in newest])
    return ConversationSnapshot(
        conversation=conversation_object(conversation),
        leaf=branches.said(leaf_id),
        messages=_message_objects(branches, newest),
        turns=[turn_object(turn) for turn in turns.order_by("id")],
        compactions=[
            compaction_object(row)
            for row in Compaction.objects.filter(conversation=conversation).order_by(
                "id"
            )
        ],
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
            messages[node.id],
            branches.versions(node),
            files.get(node.id, []),
            branches.said(node.parent_id),
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


async def latest_snapshot(turn_id: UUID) -> TurnSnapshot | None:
    """Return what this process knows of a turn, or else what the database knows."""
    stored = await read(_find_stored, turn_id)
    # It may have been launched here while it was read.
    live = registry.find(turn_id)
    return stored if live is None else snapshot_event(live)


def _find_stored(turn_id: UUID) -> TurnSnapshot | None:
    turn = Turn.objects.filter(id=turn_id).first()
    return None if turn is None else stored_turn_snapshot(turn)


def stored_turn_snapshot(turn: Turn) -> TurnSnapshot:
    """Return a turn as stored: all of it when it has ended, else what is saved so far.

    Its number is 0. No event follows when its state is final. Otherwise whatever its
    owner says next counts for more: a later snapshot, or an event that shows a gap.
    """
    # Before the messages: a round that is frozen in between is there twice, not missing.
    saved = list(turn.checkpoints.order_by("index")) if turn.is_live else []
    messages = list(turn.messages.order_by("round", "id"))
    answers = [message for message in messages if message.role == Role.ASSISTANT]
    rounds = [_stored_round(message) for message in answers]
    if saved and saved[0].message_id not in {message.id for message in answers}:
        rounds.append(_saved_round(saved))
    return TurnSnapshot(
        turn=turn.id,
        conversation=turn.conversation_id,
        epoch=turn.epoch,
        seq=0,
        state=turn_object(turn),
        messages=rounds,
        calls=_calls(turn, messages),
    )


def _calls(turn: Turn, messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Return how the calls of tools went, in the order in which they were made."""
    blocks = [(message.id, block) for message in messages for block in message.blocks]
    calls = {
        block["id"]: (message_id, block)
        for message_id, block in blocks
        if block["type"] == "tool_use"
    }
    if not calls:
        return []
    results = {
        block["tool_use_id"]: block
        for _, block in blocks
        if block["type"] == "tool_result"
    }
    rows = {row.tool_use_id: row for row in turn.tool_calls.all()}
    return [
        call_object(rows[key], message_id, block.get("input"), results.get(key))
        for key, (message_id, block) in calls.items()
        if key in rows
    ]


def _stored_round(message: Message) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "round": message.round,
        "blocks": [
            {"index": index, "block": for_browser(block), "finished": True}
            for index, block in enumerate(message.blocks)
        ],
    }


def _saved_round(rows: list[Checkpoint]) -> dict[str, Any]:
    return {
        "id": str(rows[0].message_id),
        "round": rows[0].round,
        "blocks": [
            {
                "index": row.index,
                "block": for_browser(row.block),
                "finished": row.is_finished,
            }
            for row in rows
        ],
    }
