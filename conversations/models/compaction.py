"""What stands for the beginning of a long conversation, so that the rest fits."""

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from .conversation import Conversation
from .ids import uuid7
from .message import Message
from .prepared import PreparedQuery
from .turn import LIVE_STATES, State
from .wire import Block, WireField


class CompactionKind(models.TextChoices):
    """Who made it: `block` the API, with a signature; `summary` a request of ours."""

    BLOCK = "block"
    SUMMARY = "summary"


class CompactionQuerySet(models.QuerySet["Compaction"]):
    """Ways to narrow compactions; `visible_to` is the only entrance."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        visible = Conversation.objects.visible_to(user)
        return self.filter(conversation__in=visible)

    def live(self) -> Self:
        return self.filter(state__in=LIVE_STATES)


class Compaction(models.Model):
    """`content` is sent in place of all messages from the root to `message`.

    It holds for every path with `message` on it, once it is completed; a branch from
    before knows nothing of it. It is never changed, so what is sent only grows.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="compactions"
    )
    # The last message that it stands for: an answer.
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="compactions"
    )
    # Nobody when the conversation was about to outgrow the model.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    model = models.CharField(max_length=200)
    instructions = models.TextField(blank=True)
    state = models.CharField(max_length=11, choices=State, default=State.QUEUED)
    kind = models.CharField(max_length=7, choices=CompactionKind, blank=True)
    content = WireField(default=list)
    error = WireField(null=True, blank=True)
    message_count = models.PositiveIntegerField(default=0)
    tokens_before = models.PositiveIntegerField(null=True, blank=True)
    tokens_after = models.PositiveIntegerField(null=True, blank=True)
    # The newest turn of the conversation when it was completed. What those turns
    # thought was signed over the messages that it stands for.
    newest_turn = models.UUIDField(null=True, blank=True)
    owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    # How often it was begun; an owner that dies leaves it to another one, once.
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = CompactionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_live_compaction_per_conversation",
            ),
            models.UniqueConstraint(
                fields=["message"],
                condition=models.Q(state="completed"),
                name="one_completed_compaction_per_message",
            ),
        ]

    def __str__(self) -> str:
        return f"Compaction {self.id} ({self.state})"

    @property
    def blocks(self) -> list[Block]:
        """The content blocks as the API knows them."""
        content: list[Block] = self.content
        return content

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES

    @property
    def summary(self) -> str:
        """What Claude reads instead of the messages, in words."""
        texts = (block.get("content") or block.get("text") for block in self.blocks)
        return "\n\n".join(text for text in texts if isinstance(text, str))


_completed = PreparedQuery(
    lambda conversation: Compaction.objects.filter(
        conversation_id=conversation, state=State.COMPLETED
    ),
    conversation=models.UUIDField(),
)


def completed_compactions(conversation_id: UUID) -> list[Compaction]:
    """Return the completed compactions of all branches; one query."""
    return _completed.rows(conversation=conversation_id)
