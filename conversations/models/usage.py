"""What one round cost, or one small request beside the answer."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from .ids import uuid7
from .turn import Turn
from .wire import WireField


class Purpose(models.TextChoices):
    """What a request was for; a title and its like stand beside the answer."""

    ANSWER = "answer"
    TITLE = "title"
    SUGGESTIONS = "suggestions"
    COMPACTION = "compaction"
    PREWARM = "prewarm", "Filling the cache"
    BATCH = "batch"


# Beside an answer, without being a part of it.
SIDE_PURPOSES = (
    Purpose.TITLE,
    Purpose.SUGGESTIONS,
    Purpose.COMPACTION,
    Purpose.PREWARM,
)


class UsageRecordQuerySet(models.QuerySet["UsageRecord"]):
    """Ways to narrow what was booked."""

    def paid_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(payer_id=user.pk)


class UsageRecord(models.Model):
    """The API's usage of one request, booked once, with the price it was booked at.

    The counts are those that are paid for: with fallbacks or compactions they are the
    sums of `usage["iterations"]`, which are more than the usage object's own. What was
    paid stays paid: a row outlives its turn and its batch.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # A request of a batch has none.
    turn = models.ForeignKey(
        Turn, on_delete=models.SET_NULL, null=True, blank=True, related_name="usage"
    )
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        db_index=False,  # the index below begins with it
        related_name="+",
        help_text="Who asked: the turn's author, or the batch's owner.",
    )
    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.ANSWER)
    round = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)
    upstream_message_id = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200)
    usage = WireField(help_text="The API's usage object, verbatim.")
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cache_creation_input_tokens = models.PositiveIntegerField(default=0)
    cache_read_input_tokens = models.PositiveIntegerField(default=0)
    thinking_tokens = models.PositiveIntegerField(default=0)
    web_searches = models.PositiveIntegerField(default=0)
    # NULL means that a price is unknown, which is not the same as 0.
    cost_usd = models.DecimalField(
        max_digits=14, decimal_places=8, null=True, blank=True
    )
    cache_savings_usd = models.DecimalField(
        max_digits=14,
        decimal_places=8,
        null=True,
        blank=True,
        help_text="Below zero when the cache was written and not yet read.",
    )
    # What has no price (billing.Unpriced): why the cost is unknown, or what it lacks.
    unpriced = WireField(default=list)
    # One {type, model, usage, cost_usd} per sampling, if the request had several.
    charges = WireField(default=list)
    # The price list of that day, with its date in `as_of`.
    prices = WireField(null=True, blank=True)
    is_estimated = models.BooleanField(default=False)
    # {reason, tokens, what?, message?}: why so many tokens had to be read anew although
    # the request before had them kept. `reason` is the API's word or one of
    # prompts/cache_diagnosis.py.
    cache_miss = WireField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UsageRecordQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["payer", "created_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["turn", "purpose", "round", "attempt"],
                name="usage_once_per_round_and_attempt",
            ),
            models.UniqueConstraint(
                fields=["turn", "upstream_message_id"],
                condition=~models.Q(upstream_message_id=""),
                name="usage_once_per_upstream_message",
            ),
        ]

    def __str__(self) -> str:
        return f"Usage {self.turn_id} {self.round}.{self.attempt}"
