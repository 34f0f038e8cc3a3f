"""Rows as the protocol's objects (docs/protocol.md, section 5)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from conversations.attachments.description import describe
from conversations.models import (
    Attachment,
    CallState,
    Compaction,
    Conversation,
    Message,
    ToolCall,
    Turn,
)
from conversations.rendering.tool_cards import result_text, summary_of

type Json = dict[str, Any]

MAX_TOLD_CHARACTERS = 4_000  # ours: a page has it at once; the rest when the turn ends


def conversation_object(conversation: Conversation) -> Json:
    return {
        "id": str(conversation.id),
        "title": conversation.title,
        "tags": conversation.tags,
    }


def message_object(
    message: Message,
    versions: Sequence[UUID],
    attachments: Sequence[Attachment],
    parent: UUID | None,
) -> Json:
    """`parent` is the message before it that is shown as one: results of tools are not."""
    return {
        "id": str(message.id),
        "conversation": str(message.conversation_id),
        "parent": _text(parent),
        "role": message.role,
        "turn": _text(message.turn_id),
        "versions": [str(version) for version in versions],
        "text": message.text,
        "attachments": [describe(item) for item in attachments],
        "created_at": message.created_at.isoformat(),
    }


def turn_object(turn: Turn) -> Json:
    return {
        "id": str(turn.id),
        "conversation": str(turn.conversation_id),
        "user_message": str(turn.user_message_id),
        "continues": _text(turn.continues_id),
        "state": turn.state,
        "model": turn.model,
        "effort": turn.effort,
        "thinking": turn.thinking,
        "later": turn.later,
        "speed": turn.speed,
        "inference_geo": turn.inference_geo,
        "service_tier": turn.service_tier,
        "output_format": turn.output_format,
        "suggestions": turn.suggestions,
        "documents": turn.documents,
        "repairs": turn.repairs,
        "epoch": turn.epoch,
        "created_at": _time(turn.created_at),
        "started_at": _time(turn.started_at),
        "finished_at": _time(turn.finished_at),
        "stop_reason": turn.stop_reason,
        "error": turn.error,
    }


def call_object(
    row: ToolCall, message_id: UUID, tool_input: Any, result: Json | None
) -> Json:
    if row.state == CallState.CANCELLED:
        result = None  # nothing but a word to Claude that there is none
    return {
        "id": row.tool_use_id,
        "message": str(message_id),
        "name": row.name,
        "title": row.title,
        "state": row.state,
        "summary": summary_of(tool_input),
        "outcome": row.outcome,
        "result": result and result_text(result, MAX_TOLD_CHARACTERS),
        "seconds": row.seconds,
    }


def compaction_object(compaction: Compaction) -> Json:
    return {
        "id": str(compaction.id),
        "conversation": str(compaction.conversation_id),
        "message": str(compaction.message_id),
        "state": compaction.state,
        "kind": compaction.kind,
        "model": compaction.model,
        "is_automatic": compaction.asked_by_id is None,
        "messages": compaction.message_count,
        "tokens_before": compaction.tokens_before,
        "tokens_after": compaction.tokens_after,
        "summary": compaction.summary,
        "error": compaction.error,
        "created_at": _time(compaction.created_at),
        "finished_at": _time(compaction.finished_at),
    }


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)


def _time(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()
