"""An entry of the catalogue: what a Claude model can do and what it costs."""

from typing import Self

from django.db import models

from .prepared import PreparedQuery
from .wire import WireField


class ModelCardQuerySet(models.QuerySet["ModelCard"]):
    """Ways to narrow model cards."""

    def offered(self) -> Self:
        """The cards that people may choose."""
        return self.filter(hidden_at=None).exclude(lifecycle="retired")


class ModelCard(models.Model):
    """Facts come from the Models API; prices and defaults belong to the admin.

    A refresh overwrites the facts and never the admin's columns.
    """

    # Facts, from the API or, before it was asked, from the shipped catalogue.
    model_id = models.CharField(primary_key=True, max_length=200)
    display_name = models.CharField(max_length=200)
    line = models.CharField(max_length=20, blank=True)
    lifecycle = models.CharField(max_length=20, default="active")
    released = models.DateField(null=True, blank=True)
    retires_at = models.DateTimeField(null=True, blank=True)
    max_input_tokens = models.PositiveIntegerField(null=True, blank=True)
    max_tokens = models.PositiveIntegerField(null=True, blank=True)
    capabilities = WireField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    # What no API tells: shipped with Colloquy, the admin's from then on.
    default_effort = models.CharField(max_length=10, blank=True)
    thinking_default = models.CharField(max_length=10, blank=True)
    cache_minimum_tokens = models.PositiveIntegerField(null=True, blank=True)
    prices = WireField(
        null=True, blank=True, help_text="USD per million tokens; empty is unknown."
    )
    hidden_at = models.DateTimeField(
        null=True, blank=True, help_text="Set it to take the model from the picker."
    )
    position = models.PositiveIntegerField(default=1000)

    objects = ModelCardQuerySet.as_manager()

    class Meta:
        ordering = ["position", "model_id"]

    def __str__(self) -> str:
        return self.display_name or self.model_id


_by_id = PreparedQuery(
    lambda model_id: ModelCard.objects.filter(model_id=model_id),
    model_id=models.CharField(),
)


def find_card(model_id: str) -> ModelCard | None:
    """Return the stored card of a model, offered or not."""
    return _by_id.first(model_id=model_id)
