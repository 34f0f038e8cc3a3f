"""An uploaded picture, PDF or text, in the form in which it is sent for ever."""

from pathlib import PurePath
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.urls import reverse

from .ids import uuid7


class Kind(models.TextChoices):
    """What Claude gets from it: an image block, a PDF or a plain-text document."""

    IMAGE = "image"
    PDF = "pdf"
    TEXT = "text"


class Format(models.TextChoices):
    """What was uploaded, where Claude gets its text instead."""

    DOCX = "docx", "Word document"
    XLSX = "xlsx", "Excel workbook"
    PPTX = "pptx", "PowerPoint presentation"
    HTML = "html", "web page"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Ways to narrow attachments; `visible_to` is the only entrance."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(owner_id=user.pk)


def stored_name(attachment: "Attachment", filename: str) -> str:
    """Name the stored file by its digest: nothing of the uploaded name reaches a path.

    Equal bytes of one owner share one file.
    """
    suffix = PurePath(filename).suffix
    digest = attachment.sha256
    return f"attachments/{attachment.owner_id}/{digest[:2]}/{digest}{suffix}"


class Attachment(models.Model):
    """A file of one person. `file` holds the bytes that Claude gets.

    `original` holds the upload where these are the text that was made of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attachments"
    )
    kind = models.CharField(max_length=5, choices=Kind)
    name = models.CharField(max_length=255)
    source_url = models.CharField(
        max_length=2000, blank=True, help_text="The link that the person gave."
    )
    # Of the bytes as uploaded: the same file sent twice is one attachment.
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField(help_text="As uploaded.")
    file = models.FileField(upload_to=stored_name, max_length=200)
    media_type = models.CharField(max_length=100, help_text="Of the bytes as sent.")
    sent_size_bytes = models.PositiveIntegerField(help_text="As sent to Claude.")
    converted_from = models.CharField(max_length=4, choices=Format, blank=True)
    original = models.FileField(upload_to=stored_name, max_length=200, blank=True)
    thumbnail = models.FileField(upload_to=stored_name, max_length=200, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    pages = models.PositiveIntegerField(null=True, blank=True)
    characters = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "sha256", "name"],
                name="one_attachment_per_owner_digest_and_name",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def sent_name(self) -> str:
        """What the bytes that Claude gets are called when somebody saves them."""
        return f"{self.name}.txt" if self.converted_from else self.name

    @property
    def source_host(self) -> str:
        """The server that it was fetched from, "" for an upload."""
        return urlsplit(self.source_url).hostname or ""

    @property
    def href(self) -> str:
        return reverse("conversations:attachment", args=[self.id])

    @property
    def original_href(self) -> str | None:
        if not self.original:
            return None
        return reverse("conversations:attachment_original", args=[self.id])

    @property
    def thumbnail_href(self) -> str | None:
        if not self.thumbnail:
            return None
        return reverse("conversations:attachment_thumbnail", args=[self.id])
