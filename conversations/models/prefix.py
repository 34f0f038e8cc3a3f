"""What every request of a conversation begins with, fixed at its first message."""

from uuid import UUID

from django.db import models

from .ids import uuid7
from .prepared import PreparedQuery
from .wire import WireField


class Prefix(models.Model):
    """System prompt, tools and switches that a conversation can never change.

    Claude's thinking is signed over them (Anthropic's guide to thinking): a change would make
    the API refuse the conversation, so there is no way to update a row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    system = models.TextField(blank=True)
    tools = WireField(default=list)
    citations = models.BooleanField(default=True)
    # What every answer has to fit; None is an answer in words.
    json_schema = WireField(null=True, blank=True)
    # Opaque and stable per person: the API wants no personal data in it.
    metadata_user_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "prefixes"

    def __str__(self) -> str:
        return f"Prefix {self.id}"


_by_id = PreparedQuery(
    lambda id: Prefix.objects.filter(id=id),
    id=models.UUIDField(),
)


def find_prefix(prefix_id: UUID) -> Prefix:
    """Return a prefix, which is there as long as its conversation."""
    [prefix] = _by_id.rows(id=prefix_id)
    return prefix
