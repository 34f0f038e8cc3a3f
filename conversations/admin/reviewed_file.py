"""Another person's file, with addresses at which a reviewer may open it."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.urls import reverse

from conversations.models import Attachment


@dataclass(frozen=True)
class ReviewedFile:
    """What the template of a chip reads. Without the right to open it, no address."""

    id: UUID
    name: str
    kind: str
    size_bytes: int
    width: int | None
    height: int | None
    pages: int | None
    converted_from: str
    get_converted_from_display: str
    href: str
    thumbnail_href: str

    @classmethod
    def of(cls, attachment: Attachment, *, may_open: bool = True) -> Self:
        """Describe an attachment."""
        has_thumbnail = may_open and bool(attachment.thumbnail)
        return cls(
            id=attachment.id,
            name=attachment.name,
            kind=attachment.kind,
            size_bytes=attachment.size_bytes,
            width=attachment.width,
            height=attachment.height,
            pages=attachment.pages,
            converted_from=attachment.converted_from,
            get_converted_from_display=attachment.get_converted_from_display(),
            href=file_href(attachment.id) if may_open else "",
            thumbnail_href=thumbnail_href(attachment.id) if has_thumbnail else "",
        )


def file_href(attachment_id: object) -> str:
    """Return where a reviewer opens a file."""
    return reverse("admin:conversations_attachment_file", args=[attachment_id])


def original_href(attachment_id: object) -> str:
    """Return where a reviewer saves what a text was made of."""
    return reverse("admin:conversations_attachment_original", args=[attachment_id])


def thumbnail_href(attachment_id: object) -> str:
    """Return where a reviewer sees a file's small picture."""
    return reverse("admin:conversations_attachment_thumbnail", args=[attachment_id])
