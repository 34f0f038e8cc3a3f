"""Blocks that stand for an attachment, and what stands for a file that is gone."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conversations.models.wire import Block


def attachment_id(block: Block) -> str | None:
    """Return the id of the attachment that a block stands for, if it does."""
    source = block.get("source")
    if isinstance(source, dict) and source.get("type") == "attachment":
        return str(source.get("id"))
    return None


def document_references(messages: Iterable[dict[str, Any]]) -> Iterator[Block]:
    """Yield the document blocks in the order of the API's `document_index`."""
    for message in messages:
        for block in message["content"]:
            if block["type"] == "document":
                yield block


def gone_text(name: str) -> str:
    """Return what Claude reads in the place of a file that is gone."""
    file = f'The attached file "{name}"' if name else "An attached file"
    return f"[{file} is no longer available.]"


def stand_in(block: Block, texts: Mapping[str, str]) -> Block:
    """Return a block with its text in the place of its file, if the file has one.

    A document stays a document, of that text: the citations of earlier answers count
    the documents.
    """
    text = texts.get(attachment_id(block) or "")
    if text is None:
        return block
    if block["type"] == "document":
        source = {"type": "text", "media_type": "text/plain", "data": text}
        return {**block, "source": source}
    return {"type": "text", "text": text}
