"""Which files a request names instead of carrying their bytes.

It is decided once for a conversation, an attachment and a provider, before the first
request that sends it, and never changes by itself: Claude's thinking and the cache hang
on the exact bytes of what was sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conversations.models import Attachment, Message, ModelCard, SentForm, Turn
from conversations.models.wire import Block

from .references import attachment_id

NAMED_FROM_BYTES = 5 * 1024 * 1024  # ours: six of these would fill a request
# Ours: what another conversation sends too is worth an upload when it has this size.
REPEATED_FROM_BYTES = 512 * 1024
# Stands in a request that is built again before it is sent.
PENDING: Block = {"type": "file", "file_id": ""}


@dataclass(frozen=True)
class Waiting:
    """A file that has to be uploaded, or uploaded anew, before it can be named."""

    attachment: Attachment
    is_anew: bool


@dataclass
class Forms:
    """Sources by attachment id for what is named, and what waits for an upload."""

    sources: dict[str, Block] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)


def takes_files(card: ModelCard) -> bool:
    """Whether the platform of a model keeps uploaded files."""
    return card.provider is None or card.provider.offers("files")


def provider_key(card: ModelCard) -> str:
    """Return what stands in the column `provider` of the rows."""
    return card.provider.slug if card.provider else ""


def sent_forms(
    turn: Turn, card: ModelCard, stored: Mapping[str, Attachment | None]
) -> Forms:
    """Return how the files of a request are sent. One query, without files none."""
    forms = Forms()
    if not stored or not takes_files(card):
        return forms
    rows = SentForm.objects.filter(
        conversation_id=turn.conversation_id, provider=provider_key(card)
    ).select_related("remote")
    is_draft = turn._state.adding
    decided = {str(row.attachment_id): row for row in rows}
    for key, attachment in stored.items():
        if attachment is None:
            continue
        row = decided.get(key)
        if row is not None and row.remote is not None and row.remote.is_usable:
            forms.sources[key] = {"type": "file", "file_id": row.remote.file_id}
        elif not is_draft and _has_to_wait(turn, attachment, row):
            forms.waiting.append(Waiting(attachment, is_anew=row is not None))
            forms.sources[key] = PENDING
    return forms


def is_named_by_size(attachment: Attachment) -> bool:
    """Whether a file is too large to be carried by every request."""
    return attachment.sent_size_bytes > NAMED_FROM_BYTES


def _has_to_wait(turn: Turn, attachment: Attachment, row: SentForm | None) -> bool:
    if row is None:
        return _shall_be_named(turn, attachment)
    return row.remote is not None


def _shall_be_named(turn: Turn, attachment: Attachment) -> bool:
    """Whether a file that nothing is decided of shall be uploaded.

    Only before its first request: what was sent as bytes stays bytes.
    """
    if attachment.sent_size_bytes <= REPEATED_FROM_BYTES:
        return False
    links: Any = Message.attachments.through.objects.filter(attachment=attachment)
    elsewhere = links.exclude(message__conversation_id=turn.conversation_id)
    if not (is_named_by_size(attachment) or elsewhere.exists()):
        return False
    question = turn.user_message
    if str(attachment.id) not in {attachment_id(block) for block in question.blocks}:
        return False
    here = links.filter(message__conversation_id=turn.conversation_id)
    was_asked = Turn.objects.filter(user_message=question, id__lt=turn.id)
    return not here.exclude(message=question).exists() and not was_asked.exists()
