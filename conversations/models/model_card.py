"""An entry of the catalogue: what a Claude model can do and what it costs."""

from typing import Self

from django.db import models

from .prepared import PreparedQuery
from .provider import Provider
from .wire import WireField


class ModelCardQuerySet(models.QuerySet["ModelCard"]):
    """Ways to narrow model cards."""

    def offered(self) -> Self:
        """The cards that people may choose."""
        is_reached = models.Q(provider=None) | models.Q(provider__is_enabled=True)
        offered = self.filter(is_reached, hidden_at=None).exclude(lifecycle="retired")
        return offered.select_related("provider")


class ModelCard(models.Model):
    """Facts come from the Models API; prices and defaults belong to the admin.

    A refresh overwrites the facts and never the admin's columns. `provider` None is the
    platform of the environment. `model_id` is what turns and the picker know: the id that
    the API takes, for other providers behind their slug (`work/claude-opus-5-5`).
    """

    # Facts, from the API or, before it was asked, from the shipped catalogue.
    model_id = models.CharField(primary_key=True, max_length=200)
    provider = models.ForeignKey(
        Provider,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="cards",
    )
    # What the provider's API calls it; empty for the platform of the environment.
    wire_id = models.CharField(max_length=165, blank=True)
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

    @property
    def full_name(self) -> str:
        """What to call it where several providers may have it."""
        return f"{self} on {self.provider.name}" if self.provider else str(self)

    @property
    def wire_model(self) -> str:
        """What a request names as its model."""
        return self.wire_id or self.model_id


_by_id = PreparedQuery(
    lambda model_id: ModelCard.objects.filter(model_id=model_id),
    model_id=models.CharField(),
)


def find_card(model_id: str) -> ModelCard | None:
    """Return the stored card of a model, offered or not, with its provider."""
    card = _by_id.first(model_id=model_id)
    if card is not None and card.provider_id is not None:
        # A prepared query takes nothing along, and an event loop must not ask later.
        card.provider = Provider.objects.get(id=card.provider_id)
    return card
