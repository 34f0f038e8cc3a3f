"""Files that lie with a provider, and how each conversation sends its own."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from .attachment import Attachment
from .conversation import Conversation
from .ids import uuid7

# Ours: a turn with tools goes on for a while after its request was built.
LAST_HOURS = timedelta(hours=2)


def lives_on(expires_at: datetime | None) -> bool:
    """Whether a file is there for as long as a turn may last."""
    return expires_at is None or expires_at > timezone.now() + LAST_HOURS


class RemoteFileQuerySet(models.QuerySet["RemoteFile"]):
    """Ways to narrow the files that lie with providers."""

    def usable(self) -> Self:
        """Keep those that a request may still name."""
        last = timezone.now() + LAST_HOURS
        lives_on = models.Q(expires_at=None) | models.Q(expires_at__gt=last)
        return self.filter(lives_on, deleted_at=None)


class RemoteFile(models.Model):
    """One upload of an attachment. Its `file_id` never leaves the server.

    Whoever has the key of a provider can read every file there, so no browser may name
    one: requests are built from these rows alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    attachment = models.ForeignKey(
        Attachment, on_delete=models.SET_NULL, null=True, related_name="remote_files"
    )
    # The slug of a Provider; "" is the platform of the environment.
    provider = models.CharField(max_length=30, blank=True)
    file_id = models.CharField(max_length=200)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Since when it is known to be gone: we deleted it, or were told so.
    deleted_at = models.DateTimeField(null=True)

    objects = RemoteFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.file_id

    @property
    def is_usable(self) -> bool:
        """Whether a request may still name it."""
        return self.deleted_at is None and lives_on(self.expires_at)


class SentForm(models.Model):
    """How a conversation sends an attachment to one provider, for ever.

    Without `remote` its bytes go along with every request. A conversation that has no
    row for an attachment sends its bytes too.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="sent_forms"
    )
    attachment = models.ForeignKey(
        Attachment, on_delete=models.CASCADE, related_name="sent_forms"
    )
    provider = models.CharField(max_length=30, blank=True)
    remote = models.ForeignKey(
        RemoteFile, on_delete=models.SET_NULL, null=True, related_name="sent_forms"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "attachment", "provider"],
                name="one_form_per_conversation_attachment_and_provider",
            )
        ]

    def __str__(self) -> str:
        return f"{self.attachment_id} in {self.conversation_id}"
