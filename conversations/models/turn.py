"""A user message's answering: its state, its owner and how it ended."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from .conversation import Conversation
from .ids import uuid7
from .wire import WireField


class State(models.TextChoices):
    """Where a turn is; every turn ends in exactly one of the last four."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


LIVE_STATES = (State.QUEUED, State.RUNNING)


class TurnQuerySet(models.QuerySet["Turn"]):
    """Ways to narrow turns; `visible_to` is the only entrance."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        visible = Conversation.objects.visible_to(user)
        return self.filter(conversation__in=visible)

    def live(self) -> Self:
        return self.filter(state__in=LIVE_STATES)

    def owned_by(self, owner: str, epoch: int) -> Self:
        """The rows that this owner may still write: the fence of every late write."""
        return self.filter(owner=owner, epoch=epoch, state=State.RUNNING)


class Turn(models.Model):
    """One request of a person and everything that answers it.

    `client_id` is made by the client and unique per author: sending twice is
    sending once. `epoch` counts owners; a write of an earlier epoch changes nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="turns"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="turns"
    )
    client_id = models.UUIDField()
    user_message = models.ForeignKey(
        "conversations.Message",
        on_delete=models.CASCADE,
        related_name="answering_turns",
    )
    # The cut-off answer that this turn goes on with, when a person asked for the rest.
    continues = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="continuations",
    )
    state = models.CharField(max_length=11, choices=State, default=State.QUEUED)
    model = models.CharField(max_length=200)
    effort = models.CharField(max_length=10, blank=True)
    thinking = models.CharField(max_length=20, blank=True)
    # What may be asked next, as far as its author wants to be told.
    suggestions = WireField(default=list, blank=True)
    # As the API's fields of these names have them; empty is the default.
    speed = models.CharField(max_length=20, blank=True)
    inference_geo = models.CharField(max_length=20, blank=True)
    service_tier = models.CharField(max_length=20, blank=True)
    # "json_schema" where the conversation's prefix has a schema, so that nobody who
    # shows an answer has to read the prefix.
    output_format = models.CharField(max_length=20, blank=True)
    # Asked for within a day, for half the price: a batch answers it.
    later = models.BooleanField(default=False)
    # The request's documents by the API's document_index, as docs/protocol.md has them:
    # what a citation of the answer points at.
    documents = WireField(default=list)
    # What had to be repaired in the history before the request: {type, message} each.
    repairs = WireField(default=list)
    owner = models.CharField(max_length=64, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    # How often it was begun again because an owner died before anything was shown.
    reruns = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=40, blank=True)
    error = WireField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "lease_expires_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["author", "client_id"], name="client_id_unique_per_author"
            ),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_live_turn_per_conversation",
            ),
        ]

    def __str__(self) -> str:
        return f"Turn {self.id} ({self.state})"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES

    @property
    def duration_seconds(self) -> float | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class OpenRound(models.Model):
    """The request that a running turn waits for, as last saved: what it cost so far.

    It lies beside the checkpoints, so that a turn whose process died is paid for too.
    """

    turn = models.OneToOneField(
        Turn, on_delete=models.CASCADE, related_name="open_round"
    )
    number = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField()
    message_id = models.UUIDField()
    model = models.CharField(max_length=200)
    upstream_message_id = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    usage = WireField(default=dict)

    def __str__(self) -> str:
        return f"Open round {self.turn_id} {self.number}.{self.attempt}"


class Checkpoint(models.Model):
    """One block of a running round as last saved; gone when its message is frozen."""

    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="checkpoints")
    message_id = models.UUIDField()
    round = models.PositiveSmallIntegerField()
    index = models.PositiveIntegerField()
    block = WireField()
    is_finished = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["turn", "round", "index"], name="one_checkpoint_per_block"
            )
        ]

    def __str__(self) -> str:
        return f"Checkpoint {self.turn_id} {self.round}.{self.index}"
