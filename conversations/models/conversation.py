"""The whole thread, with its branches."""

from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.urls import reverse

from .ids import uuid7
from .prefix import Prefix
from .prepared import PreparedQuery
from .wire import WireField

UNTITLED = "New conversation"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Ways to narrow conversations; `visible_to` is the only entrance."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Keep what `user` may see: their own conversations that are not deleted."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.owned_by(user.pk)

    def owned_by(self, owner_id: Any) -> Self:
        return self.filter(owner_id=owner_id, deleted_at=None)

    def recent_first(self) -> Self:
        return self.order_by("-updated_at", "-id")


class Conversation(models.Model):
    """A tree of messages and the leaf that its owner looks at."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="conversations",
    )
    prefix = models.ForeignKey(Prefix, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200, blank=True)
    # A few short words each; see tags.py.
    tags = WireField(default=list, blank=True)
    leaf = models.ForeignKey(
        "conversations.Message",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    # Whether it is compacted without being asked when it fills most of the window.
    compacts_itself = models.BooleanField(default=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-updated_at"])]

    def __str__(self) -> str:
        return self.display_title

    def get_absolute_url(self) -> str:
        return reverse("conversations:conversation", args=[self.id])

    @property
    def display_title(self) -> str:
        return self.title or UNTITLED


_owned = PreparedQuery(
    lambda owner, id: Conversation.objects.owned_by(owner).filter(id=id),
    owner=models.BigAutoField(),
    id=models.UUIDField(),
)


def find_visible(
    user: AbstractBaseUser | AnonymousUser, conversation_id: UUID
) -> Conversation | None:
    """Return a conversation if `visible_to` lets `user` see it."""
    if not user.is_authenticated or not user.is_active:
        return None
    return _owned.first(owner=user.pk, id=conversation_id)
