"""Attachment references become the bytes that they stand for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from conversations.claude.file_data import FileData, ReadableFile
from conversations.models import Attachment, Kind
from conversations.models.wire import Block

from .references import attachment_id, gone_text, stand_in

type Messages = list[dict[str, Any]]
# By id as it stands in the reference; None is a file that its owner does not have.
type Stored = Mapping[str, Attachment | None]


@dataclass
class Expanded:
    """Messages with their files in them; `gone` has a text for each lost one."""

    messages: Messages
    gone: dict[str, str] = field(default_factory=dict)


def stored_files(messages: Messages, owner_id: int) -> Stored:
    """Return the row of every file that the messages refer to; without any, no query.

    Only files of the conversation's owner are found: a reference may also stand in
    what an upstream answered.
    """
    ids = {
        found
        for message in messages
        for block in message["content"]
        if (found := attachment_id(block))
    }
    if not ids:
        return {}
    keys = [found for found in ids if _is_uuid(found)]
    rows = Attachment.objects.filter(owner_id=owner_id, id__in=keys)
    return dict.fromkeys(ids) | {str(row.id): row for row in rows}


def expand(
    messages: Messages,
    stored: Stored,
    named: Mapping[str, Block] = MappingProxyType({}),
) -> Expanded:
    """Replace every reference by the base64 or text of its file.

    `named` has the sources of those that are named instead; nothing is read of them.

    The same reference gives the same bytes for ever, so the prefix stays the same.
    Reads files: not for the event loop.
    """
    if not stored:
        return Expanded(messages)
    expanded = Expanded([])
    for message in messages:
        content = [
            _expand(block, stored, named, expanded.gone) for block in message["content"]
        ]
        expanded.messages.append({**message, "content": content})
    return expanded


def gone_files(messages: Messages, stored: Stored) -> dict[str, str]:
    """Return the text for each file that the messages refer to and that is gone."""
    return {
        found: _gone_text(block, stored)
        for message in messages
        for block in message["content"]
        if (found := attachment_id(block)) and not _is_there(stored[found])
    }


def _expand(
    block: Block, stored: Stored, named: Mapping[str, Block], gone: dict[str, str]
) -> Block:
    if (found := attachment_id(block)) is None:
        return block
    if found in named:
        return {**block, "source": named[found]}
    attachment = stored[found]
    if attachment is not None and attachment.file.name:
        try:
            return {**block, "source": _source(attachment)}
        except FileNotFoundError:
            pass
    gone[found] = _gone_text(block, stored)
    return stand_in(block, gone)


def _is_there(attachment: Attachment | None) -> bool:
    if attachment is None or not attachment.file.name:
        return False
    return attachment.file.storage.exists(attachment.file.name)


def _gone_text(block: Block, stored: Stored) -> str:
    attachment = stored[attachment_id(block) or ""]
    return gone_text(attachment.name if attachment else block.get("title") or "")


def _source(attachment: Attachment) -> Block:
    file = attachment.file
    if attachment.kind == Kind.TEXT:
        with file.open("rb") as opened:
            text = opened.read().decode()
        return {"type": "text", "media_type": "text/plain", "data": text}
    name = file.name
    assert name is not None

    def open_file() -> ReadableFile:
        opened: ReadableFile = file.storage.open(name, "rb")
        return opened

    # Read while it is sent: a long conversation has more files than memory.
    data = FileData(attachment.sha256, file.size, open_file)
    return {"type": "base64", "media_type": attachment.media_type, "data": data}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
