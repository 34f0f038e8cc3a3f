"""Conversations made of rows, without anybody answering."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from chatapp.accounts.models import User
from conversations import catalog
from conversations.models import (
    Attachment,
    Conversation,
    Kind,
    Message,
    Role,
    State,
    Turn,
)
from conversations.models.ids import uuid7
from conversations.prompts.prefix import new_prefix


class Thread:
    """One conversation, growing message by message."""

    def __init__(self, owner: User) -> None:
        self.owner = owner
        self.conversation = Conversation.objects.create(
            owner=owner, prefix=new_prefix(owner), updated_at=timezone.now()
        )
        self.leaf: Message | None = None

    def user(self, *blocks: dict[str, Any] | str) -> Message:
        return self._add(Role.USER, blocks)

    def claude(self, *blocks: dict[str, Any] | str, **fields: Any) -> Message:
        return self._add(Role.ASSISTANT, blocks, **fields)

    def turn(self, **fields: Any) -> Turn:
        """Return a turn that answers the last message."""
        assert self.leaf is not None
        return Turn.objects.create(
            conversation=self.conversation,
            author=self.owner,
            client_id=uuid7(),
            user_message=self.leaf,
            **{"model": "claude-opus-5-5", "state": State.RUNNING, **fields},
        )

    def _add(self, role: Role, blocks: tuple[Any, ...], **fields: Any) -> Message:
        content = [
            {"type": "text", "text": block} if isinstance(block, str) else block
            for block in blocks
        ]
        self.leaf = Message.objects.create(
            conversation=self.conversation,
            parent=self.leaf,
            role=role,
            content=content,
            **fields,
        )
        self.conversation.leaf = self.leaf
        self.conversation.save(update_fields=["leaf"])
        return self.leaf


@pytest.fixture
def thread(alice: User) -> Thread:
    catalog.load_cards()
    return Thread(alice)


@pytest.fixture
def store(alice: User) -> Any:
    """Return a function that stores an attachment of alice's."""

    def make(kind: Kind, content: bytes, **fields: Any) -> Attachment:
        attachment = Attachment(
            owner=fields.pop("owner", alice),
            kind=kind,
            name=fields.pop("name", f"a.{kind}"),
            sha256=uuid7().hex * 2,
            size_bytes=len(content),
            sent_size_bytes=len(content),
            **{"media_type": "application/octet-stream", **fields},
        )
        attachment.file.save("file.bin", ContentFile(content), save=False)
        attachment.save()
        return attachment

    return make
