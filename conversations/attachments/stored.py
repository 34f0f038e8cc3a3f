"""Keeps attachments: one row per owner, digest and name; equal bytes share a file."""

from typing import IO

from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from conversations.attachments.parser import Parsed
from conversations.models import Attachment

SENT_NAMES = {
    "image/png": "sent.png",
    "image/jpeg": "sent.jpg",
    "image/webp": "sent.webp",
    "application/pdf": "sent.pdf",
    "text/plain": "sent.txt",
}
# Whatever an original is, browsers save it and nothing of ours opens it.
ORIGINAL_MEDIA_TYPE = "application/octet-stream"
# Only the suffix is used, and it is no suffix of a sent form: both files of a WebP
# picture would have one name.
THUMBNAIL_NAME = "small.thumbnail"
THUMBNAIL_MEDIA_TYPE = "image/webp"
SHARED_COLUMNS = (
    "owner_id",
    "kind",
    "sha256",
    "size_bytes",
    "media_type",
    "sent_size_bytes",
    "width",
    "height",
    "pages",
    "characters",
    "converted_from",
)


def find_known(owner: AbstractBaseUser, sha256: str, name: str) -> Attachment | None:
    """Return what the owner already has of these bytes, under this name if possible.

    Only a row proves that a stored file is complete; a file alone may be the rest of
    a crash.
    """
    known = list(Attachment.objects.visible_to(owner).filter(sha256=sha256))
    known.sort(key=lambda attachment: attachment.name != name)
    return known[0] if known else None


def keep(
    owner: AbstractBaseUser,
    name: str,
    sha256: str,
    source: IO[bytes],
    parsed: Parsed,
    source_url: str = "",
) -> Attachment:
    """Store the files and the row, or nothing; return the row."""
    sent = File(source) if parsed.sent is None else ContentFile(parsed.sent)
    attachment = Attachment(
        owner_id=owner.pk,
        kind=parsed.kind,
        name=name,
        source_url=source_url,
        sha256=sha256,
        size_bytes=File(source).size,
        media_type=parsed.media_type,
        sent_size_bytes=sent.size,
        width=parsed.width,
        height=parsed.height,
        pages=parsed.pages,
        characters=parsed.characters,
        converted_from=parsed.converted_from,
    )
    row = None
    try:
        attachment.file.save(SENT_NAMES[parsed.media_type], sent, save=False)
        if parsed.converted_from:
            name_of_original = f"original.{parsed.converted_from}"
            attachment.original.save(name_of_original, File(source), save=False)
        if parsed.thumbnail:
            small = ContentFile(parsed.thumbnail)
            attachment.thumbnail.save(THUMBNAIL_NAME, small, save=False)
        row = _insert(attachment)
    finally:
        if row is not attachment:
            _remove_files(attachment)
    return row


def keep_under_another_name(
    known: Attachment, name: str, source_url: str = ""
) -> Attachment:
    """Return a second row for the stored files of `known`."""
    attachment = Attachment(
        name=name,
        source_url=source_url,
        **{column: getattr(known, column) for column in SHARED_COLUMNS},
    )
    attachment.file.name = known.file.name
    attachment.original.name = known.original.name
    attachment.thumbnail.name = known.thumbnail.name
    return _insert(attachment)


def _insert(attachment: Attachment) -> Attachment:
    """Insert the row, or return the one that another process inserted meanwhile."""
    try:
        with transaction.atomic():
            attachment.save(force_insert=True)
    except IntegrityError:
        return Attachment.objects.get(
            owner_id=attachment.owner_id,
            sha256=attachment.sha256,
            name=attachment.name,
        )
    return attachment


def _remove_files(attachment: Attachment) -> None:
    for stored in (attachment.file, attachment.original, attachment.thumbnail):
        if stored.name:
            default_storage.delete(stored.name)
