"""Everything that is stored of a conversation, as docs/protocol.md section 6 says."""

from typing import Any

from conversations.models import (
    Compaction,
    Conversation,
    Message,
    Repair,
    ToolCall,
    UsageRecord,
)
from conversations.usage.recording import decimal_text

from .objects import compaction_object, turn_object

type Json = dict[str, Any]


def stored_conversation(conversation: Conversation) -> Json:
    """Return every message of every branch, every turn, repair and usage row."""
    prefix = conversation.prefix
    turns = conversation.turns.order_by("id")
    usage = UsageRecord.objects.filter(turn__conversation=conversation)
    calls = ToolCall.objects.filter(turn__conversation=conversation)
    repairs = Repair.objects.filter(message__conversation=conversation)
    return {
        "conversation": {
            "id": str(conversation.id),
            "title": conversation.title,
            "tags": conversation.tags,
            "created_at": conversation.created_at.isoformat(),
            "updated_at": conversation.updated_at.isoformat(),
            "leaf": str(conversation.leaf_id) if conversation.leaf_id else None,
            "prefix": {
                "system": prefix.system,
                "tools": prefix.tools,
                "citations": prefix.citations,
                "json_schema": prefix.json_schema,
            },
        },
        "messages": [_message(item) for item in conversation.messages.order_by("id")],
        "turns": [turn_object(turn) for turn in turns],
        "compactions": [
            compaction_object(row) | {"content": row.content}
            for row in Compaction.objects.filter(conversation=conversation).order_by(
                "id"
            )
        ],
        "tool_calls": [_call(row) for row in calls.order_by("id")],
        "repairs": [_repair(row) for row in repairs.order_by("id")],
        "usage": [_usage(record) for record in usage.order_by("id")],
    }


def _message(message: Message) -> Json:
    return {
        "id": str(message.id),
        "parent": str(message.parent_id) if message.parent_id else None,
        "turn": str(message.turn_id) if message.turn_id else None,
        "role": message.role,
        "round": message.round,
        "content": message.content,
        "model": message.model,
        "upstream_id": message.upstream_id,
        "stop_reason": message.stop_reason,
        "stop_details": message.stop_details,
        "created_at": message.created_at.isoformat(),
    }


def _call(row: ToolCall) -> Json:
    decided_at = row.decided_at
    return {
        "turn": str(row.turn_id),
        "round": row.round,
        "tool_use_id": row.tool_use_id,
        "name": row.name,
        "title": row.title,
        "state": row.state,
        "decision": row.decision,
        "decided_at": decided_at.isoformat() if decided_at else None,
        "outcome": row.outcome,
        "seconds": row.seconds,
        "created_at": row.created_at.isoformat(),
    }


def _repair(repair: Repair) -> Json:
    return {
        "message": str(repair.message_id),
        "kind": repair.kind,
        "detail": repair.detail,
        "created_at": repair.created_at.isoformat(),
    }


def _usage(record: UsageRecord) -> Json:
    return {
        "turn": str(record.turn_id),
        "purpose": record.purpose,
        "round": record.round,
        "attempt": record.attempt,
        "model": record.model,
        "upstream_message_id": record.upstream_message_id,
        "request_id": record.request_id,
        "usage": record.usage,
        "cost_usd": decimal_text(record.cost_usd),
        "cache_savings_usd": decimal_text(record.cache_savings_usd),
        "unpriced": record.unpriced,
        "is_estimated": record.is_estimated,
        "cache_miss": record.cache_miss,
        "created_at": record.created_at.isoformat(),
    }
