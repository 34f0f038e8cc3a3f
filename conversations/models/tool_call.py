"""A call of a tool that Colloquy runs itself: how it went, beside its blocks."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from .ids import uuid7
from .turn import Turn


class CallState(models.TextChoices):
    """Where a call is; only the last four are for good."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DENIED = "denied"
    CANCELLED = "cancelled"


class Decision(models.TextChoices):
    """What a person may say of a call that waits for them."""

    ALLOW = "allow", "Allowed once"
    ALWAYS = "always", "Always allowed"
    DENY = "deny", "Denied"


OPEN_STATES = (CallState.WAITING, CallState.RUNNING)


class ToolCallQuerySet(models.QuerySet["ToolCall"]):
    """Ways to narrow calls; `visible_to` is the only entrance."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(turn__in=Turn.objects.visible_to(user))


class ToolCall(models.Model):
    """What the blocks do not say of a call. Input and result are in the messages."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="tool_calls")
    round = models.PositiveSmallIntegerField()
    tool_use_id = models.CharField(max_length=200)
    # What Claude called, and what people call it.
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=CallState, default=CallState.RUNNING
    )
    # What an "always" of the person would hold for (models/tool_permission.py).
    permission_key = models.CharField(max_length=200, blank=True)
    decision = models.CharField(max_length=6, choices=Decision, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    # The result in a few words; the whole of it stands in the message.
    outcome = models.CharField(max_length=200, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ToolCallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["turn", "tool_use_id"], name="one_row_per_tool_call"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.tool_use_id} ({self.state})"
