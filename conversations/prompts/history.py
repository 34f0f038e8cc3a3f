"""What of a path is sent: the stored blocks, less a closed list of exceptions.

The exceptions, each of which a row on the path records (design invariant 1):
a refused answer is left out; an answer that was stopped before it said anything is
left out; an empty text block, which the API refuses, is left out.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from conversations.models import Message, Role
from conversations.models.wire import Block

THINKING_TYPES = frozenset({"thinking", "redacted_thinking"})


def api_messages(path: Iterable[Message]) -> list[dict[str, Any]]:
    """Return the `messages` of a request for a path, attachments still by reference."""
    return [
        {"role": message.role, "content": content}
        for message in path
        if (content := sent_blocks(message))
    ]


def sent_blocks(message: Message) -> list[Block]:
    """Return the blocks of one message as they are sent, [] if it is left out."""
    blocks = [block for block in message.blocks if not _is_empty_text(block)]
    if message.role == Role.ASSISTANT and (message.is_refused or _is_silent(blocks)):
        return []
    return blocks


def document_references(messages: Iterable[dict[str, Any]]) -> Iterator[Block]:
    """Yield the document blocks in the order of the API's `document_index`."""
    for message in messages:
        for block in message["content"]:
            if block["type"] == "document":
                yield block


def attachment_id(block: Block) -> str | None:
    """Return the id of the attachment that a block stands for, if it does."""
    source = block.get("source")
    if isinstance(source, dict) and source.get("type") == "attachment":
        return str(source["id"])
    return None


def _is_empty_text(block: Block) -> bool:
    return block["type"] == "text" and not block["text"].strip()


def _is_silent(blocks: list[Block]) -> bool:
    return all(block["type"] in THINKING_TYPES for block in blocks)
