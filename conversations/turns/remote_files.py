"""Uploads what a request shall name, and follows what becomes of it."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from conversations.claude import ClaudeClient, ClaudeError, NotFound
from conversations.claude.files import delete_file, upload_file
from conversations.models import (
    Attachment,
    Conversation,
    ModelCard,
    Provider,
    RemoteFile,
    Repair,
    SentForm,
    Turn,
)
from conversations.models.reading import read
from conversations.models.remote_file import lives_on
from conversations.models.repair import RepairKind
from conversations.prompts.doctor import Notice
from conversations.prompts.sent_forms import Waiting, provider_key
from conversations.upstream import get_client

from .patience import surely
from .writer import writer

logger = logging.getLogger(__name__)

FORGET_SECONDS = 5.0  # ours: a person waits for the page

# What lies with the provider: the id there, and when it expires.
type Uploaded = tuple[str, datetime | None]


async def upload(
    turn: Turn, card: ModelCard, waiting: Sequence[Waiting]
) -> list[Notice]:
    """Upload the files that wait, and decide how the conversation sends them.

    A file that cannot be uploaded is sent with its bytes, for ever. Returns what to
    tell of files that had to be uploaded anew.
    """
    client = get_client(card.provider)
    key = provider_key(card)
    notices = []
    for item in waiting:
        remote = await surely(partial(read, _usable, item.attachment, key))
        uploaded = None if remote else await _upload(client, item.attachment)
        notice = await writer.do_surely(
            partial(_decide, turn, key, item, remote, uploaded)
        )
        notices += [notice] if notice else []
    return notices


def mark_gone(turn: Turn, error: NotFound) -> bool:
    """Note that the provider no longer has files of a turn; False if that is not it.

    A file that was uploaded for this very turn proves that uploading anew would not
    help. A job for the writer.
    """
    named = RemoteFile.objects.filter(
        sent_forms__conversation_id=turn.conversation_id,
        deleted_at=None,
        created_at__lt=turn.created_at,
    )
    gone = [remote.pk for remote in named if remote.file_id in error.message]
    if not gone and "file" in error.message.lower():
        gone = [remote.pk for remote in named]
    return bool(RemoteFile.objects.filter(pk__in=gone).update(deleted_at=Now()))


async def forget(conversation: Conversation) -> None:
    """Delete with the providers what only this deleted conversation has named.

    What cannot be deleted within moments is left to expire by itself.
    """
    try:
        async with asyncio.timeout(FORGET_SECONDS):
            for remote, provider in await read(_only_of, conversation):
                await delete_file(get_client(provider), remote.file_id)
                await writer.do(partial(_mark_deleted, remote.pk))
    except (ClaudeError, TimeoutError) as error:
        logger.warning("Files of %s were not deleted: %r", conversation.pk, error)


async def _upload(client: ClaudeClient, attachment: Attachment) -> Uploaded | None:
    try:
        with attachment.file.storage.open(attachment.file.name or "") as file:
            metadata = await upload_file(
                client,
                file,
                attachment.sent_size_bytes,
                name=attachment.sent_name,
                media_type=attachment.media_type,
            )
    except ClaudeError as error:
        logger.warning("Attachment %s goes as bytes: %s", attachment.pk, error)
        return None
    except OSError:
        return None  # The doctor says so when the bytes are wanted.
    expires = metadata.get("expires_at")
    return metadata["id"], datetime.fromisoformat(expires) if expires else None


def _usable(attachment: Attachment, key: str) -> RemoteFile | None:
    usable = RemoteFile.objects.usable().filter(attachment=attachment, provider=key)
    return usable.order_by("-id").first()


def _decide(
    turn: Turn,
    key: str,
    item: Waiting,
    remote: RemoteFile | None,
    uploaded: Uploaded | None,
) -> Notice | None:
    """Keep the decision; a job that may run twice."""
    if uploaded and lives_on(uploaded[1]):
        file_id, expires_at = uploaded
        remote, _ = RemoteFile.objects.get_or_create(
            provider=key,
            file_id=file_id,
            defaults={
                "owner_id": item.attachment.owner_id,
                "attachment": item.attachment,
                "expires_at": expires_at,
            },
        )
    SentForm.objects.update_or_create(
        conversation_id=turn.conversation_id,
        attachment=item.attachment,
        provider=key,
        defaults={"remote": remote},
    )
    return _note_change(turn, item.attachment) if item.is_anew else None


def _note_change(turn: Turn, attachment: Attachment) -> Notice:
    """Keep that the conversation sends a file in another form from here on."""
    repair, _ = Repair.objects.get_or_create(
        message_id=turn.user_message_id,
        kind=RepairKind.FILE_SENT_ANEW,
        defaults={"detail": {"files": {}}},
    )
    repair.detail["files"][str(attachment.id)] = timezone.now().isoformat()
    repair.save(update_fields=["detail"])
    return {
        "type": str(RepairKind.FILE_SENT_ANEW),
        "message": f'Claude no longer had the file "{attachment.name}", so it was sent'
        " again. This answer could not use the cache for it.",
    }


def _only_of(conversation: Conversation) -> list[tuple[RemoteFile, Provider | None]]:
    mine = RemoteFile.objects.filter(
        sent_forms__conversation=conversation, deleted_at=None
    ).distinct()
    shared = SentForm.objects.filter(
        remote__in=mine, conversation__deleted_at=None
    ).exclude(conversation=conversation)
    providers = {provider.slug: provider for provider in Provider.objects.all()}
    return [
        (remote, providers.get(remote.provider))
        for remote in mine.exclude(pk__in=shared.values("remote_id"))
        if not remote.provider or remote.provider in providers
    ]


def _mark_deleted(pk: UUID) -> None:
    RemoteFile.objects.filter(pk=pk).update(deleted_at=Now())
