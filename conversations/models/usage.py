"""What one round cost."""

from django.db import models

from .ids import uuid7
from .turn import Turn
from .wire import WireField


class UsageRecord(models.Model):
    """The API's usage of one round, booked once, with the price it was booked at."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="usage")
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
    # NULL means that the price of the model is unknown, which is not the same as 0.
    cost_usd = models.DecimalField(
        max_digits=14, decimal_places=8, null=True, blank=True
    )
    prices = WireField(null=True, blank=True)
    is_estimated = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["turn", "round", "attempt"],
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
