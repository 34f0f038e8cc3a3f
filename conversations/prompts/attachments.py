"""Attachment references become the bytes that they stand for."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from conversations.models import Attachment, Kind
from conversations.models.wire import Block

from .history import attachment_id


class AttachmentGone(Exception):
    """A file that the conversation needs is no longer there."""

    def __init__(self, missing_id: str) -> None:
        super().__init__(f"The attachment {missing_id} is no longer stored.")


def expand(messages: list[dict[str, Any]], owner_id: int) -> list[dict[str, Any]]:
    """Return the messages with every reference replaced by its base64 or text.

    The same reference gives the same bytes for ever, so the prefix stays the same.
    Only files of the conversation's owner are found: a reference may also stand in
    what an upstream answered.
    Raises AttachmentGone. Reads the database and files: not for the event loop.
    """
    ids = {found for message in messages for found in _references(message["content"])}
    if not ids:
        return messages
    stored = {
        str(row.id): row
        for row in Attachment.objects.filter(owner_id=owner_id, id__in=ids)
    }
    return [
        {**message, "content": [_expand(block, stored) for block in message["content"]]}
        for message in messages
    ]


def _references(content: Iterable[Block]) -> Iterable[str]:
    return (found for block in content if (found := attachment_id(block)))


def _expand(block: Block, stored: Mapping[str, Attachment]) -> Block:
    if (found := attachment_id(block)) is None:
        return block
    if (attachment := stored.get(found)) is None:
        raise AttachmentGone(found)
    try:
        return {**block, "source": _source(attachment)}
    except FileNotFoundError:
        raise AttachmentGone(found) from None


def _source(attachment: Attachment) -> Block:
    with attachment.file.open("rb") as file:
        content: bytes = file.read()
    if attachment.kind == Kind.TEXT:
        return {"type": "text", "media_type": "text/plain", "data": content.decode()}
    return {
        "type": "base64",
        "media_type": attachment.media_type,
        "data": base64.b64encode(content).decode("ascii"),
    }
