"""Many requests that are answered within a day, for half the price."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.urls import reverse

from .conversation import Conversation
from .ids import uuid7
from .turn import Turn
from .wire import Block, WireField

LONGEST_LABEL = 100  # ours, characters: a line of a table


class BatchSource(models.TextChoices):
    """What a batch makes its requests of."""

    ROWS = "rows", "The rows of a table"
    FILES = "files", "Files"
    MESSAGE = "message", "A message of a conversation"


class BatchState(models.TextChoices):
    """Where a batch is; between draft and ended it needs nobody's attention."""

    DRAFT = "draft", "Not started"
    QUEUED = "queued", "Waiting to be sent"
    # From before its body goes out until its id at Claude's is known.
    SENDING = "sending", "Being sent"
    RUNNING = "running", "Running"
    COLLECTING = "collecting", "Fetching the answers"
    ENDED = "ended", "Ended"
    FAILED = "failed", "Not accepted"


OPEN_BATCH_STATES = (
    BatchState.QUEUED,
    BatchState.SENDING,
    BatchState.RUNNING,
    BatchState.COLLECTING,
)


class ItemState(models.TextChoices):
    """What became of one request of a batch."""

    WAITING = "waiting", "Waiting"
    SUCCEEDED = "succeeded", "Answered"
    ERRORED = "errored", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"
    # The batch has ended, and nothing was said of this request.
    UNKNOWN = "unknown", "Unknown"


class BatchQuerySet(models.QuerySet["Batch"]):
    """Ways to narrow batches; `visible_to` is the only entrance."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(owner_id=user.pk)

    def of_people(self) -> Self:
        """Leave out those that answer a message: they show in its conversation."""
        return self.exclude(source=BatchSource.MESSAGE)

    def open(self) -> Self:
        return self.filter(state__in=OPEN_BATCH_STATES)

    def owned_by(self, lease_owner: str, epoch: int) -> Self:
        """The rows that this process may still write: the fence of every late write."""
        return self.filter(lease_owner=lease_owner, epoch=epoch)


class Batch(models.Model):
    """Requests that go out together, what they were made of, and where they are.

    A process looks after it at `look_at`, under a lease; `epoch` counts those looks, and
    a write of an earlier one changes nothing. `sent_at` and `sent_count` are stored
    before the body goes out: by them it is found again if the answer got lost.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="batches"
    )
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=7, choices=BatchSource)
    # Of the table, or what is told of a file: the heads of `BatchItem.cells`.
    columns = WireField(default=list)
    template = models.TextField(help_text="The prompt, with {{column}} in it.")
    model = models.CharField(max_length=200)
    effort = models.CharField(max_length=10, blank=True)
    thinking = models.CharField(max_length=20, blank=True)
    state = models.CharField(
        max_length=10, choices=BatchState, default=BatchState.DRAFT
    )
    # 0 while its items are still being stored.
    item_count = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    # What a draft is expected to read: {input_tokens, is_counted}.
    estimate = WireField(null=True, blank=True)
    upstream_id = models.CharField(max_length=200, blank=True)
    # The API's request_counts when it was last asked.
    progress = WireField(null=True, blank=True)
    # {type, message}: why it failed, or what delays it.
    error = WireField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    look_at = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        indexes = [
            models.Index(fields=["owner", "-id"]),
            models.Index(fields=["state", "look_at"]),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("conversations:batch", args=[self.id])

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_BATCH_STATES

    @property
    def may_start(self) -> bool:
        return self.state in (BatchState.DRAFT, BatchState.FAILED)

    @property
    def is_cancelling(self) -> bool:
        return self.is_open and self.cancel_requested_at is not None

    @property
    def duration(self) -> timedelta | None:
        if self.queued_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.queued_at


class BatchItem(models.Model):
    """One request of a batch, and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    custom_id = models.CharField(max_length=64, unique=True)
    cells = WireField()
    # What asks for the answer, if that is a message of a conversation.
    turn = models.OneToOneField(
        Turn,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="batch_item",
    )
    # The user message as it is sent, its file as a reference (Message.content); of a
    # turn it is made when it is sent.
    content = WireField()
    state = models.CharField(max_length=9, choices=ItemState, default=ItemState.WAITING)
    # The API's message, verbatim, and what of it is text.
    message = WireField(null=True, blank=True)
    text = models.TextField(blank=True)
    # As the batch has it, with a `request_id`.
    error = WireField(null=True, blank=True)
    # As it was booked (UsageRecord). NULL means that a price is unknown.
    cost_usd = models.DecimalField(
        max_digits=14, decimal_places=8, null=True, blank=True
    )
    conversation = models.ForeignKey(
        Conversation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["batch", "state"])]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "position"], name="one_item_per_batch_and_position"
            )
        ]

    def __str__(self) -> str:
        return self.label or self.custom_id

    def get_absolute_url(self) -> str:
        return reverse("conversations:batch_item", args=[self.batch_id, self.id])

    @property
    def label(self) -> str:
        """What the row is called: its first cell that says something."""
        named = next((cell for cell in self.cells if cell.strip()), "")
        return " ".join(named.split())[:LONGEST_LABEL]

    @property
    def number(self) -> int:
        """The position as people count."""
        return self.position + 1

    @property
    def blocks(self) -> list[Block]:
        content: list[Block] = self.content
        return content

    @property
    def usage(self) -> dict[str, Any]:
        """The API's usage object; {} without an answer."""
        return dict((self.message or {}).get("usage") or {})

    @property
    def stop_reason(self) -> str:
        return str((self.message or {}).get("stop_reason") or "")
