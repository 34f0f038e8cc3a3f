"""What administrators and reviewers see: one model a file."""

from . import (
    attachment,
    batch,
    compaction,
    conversation,
    mcp_server,
    message,
    model_card,
    provider,
    request_record,
    tools,
    turn,
    usage_record,
)

__all__ = [
    "attachment",
    "batch",
    "compaction",
    "conversation",
    "mcp_server",
    "message",
    "model_card",
    "provider",
    "request_record",
    "tools",
    "turn",
    "usage_record",
]
