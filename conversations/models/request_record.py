"""One request of a turn as it was sent, and what came back: for the inspector."""

from django.db import models

from .ids import uuid7
from .turn import Turn
from .wire import WireField


class RequestRecord(models.Model):
    """A request body and its answer, kept small: media are cut, and what an earlier
    request of the conversation has said already is not kept again.

    A record is a copy for people to look at; nothing that is sent is ever read from it.
    `body` and `response` are packed by `inspection.records`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="requests")
    round = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)
    # The record whose first messages stand before those of `body`, and how many.
    previous = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    shared_messages = models.PositiveIntegerField(default=0)
    # All messages of the request: how a later one finds what it shares.
    message_count = models.PositiveIntegerField()
    digest = models.CharField(max_length=32)
    url = models.CharField(max_length=400)
    # As sent, without what proves who we are.
    headers = WireField(default=dict)
    body = models.BinaryField()
    response = models.BinaryField(null=True, blank=True)
    error = WireField(null=True, blank=True)
    # Attempts that failed before their first event, each {type, message, request_id}.
    failed_before = WireField(default=list)
    request_id = models.CharField(max_length=200, blank=True)
    response_headers = WireField(default=dict)
    sent_at = models.DateTimeField()
    # Milliseconds. `queued` is what passed between the person's message, or the end of
    # the round before, and this request; the others count from it.
    queued_ms = models.PositiveIntegerField()
    first_byte_ms = models.PositiveIntegerField(null=True, blank=True)
    first_text_ms = models.PositiveIntegerField(null=True, blank=True)
    total_ms = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Request {self.turn_id} {self.round}.{self.attempt}"
