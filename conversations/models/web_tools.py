"""What a person allows Claude on the web: sites, how often, and from where."""

from typing import Any, Self

from django.conf import settings
from django.db import models

from .wire import WireField


class WebTools(models.Model):
    """How the web tools are declared in a person's new conversations.

    A conversation that has begun keeps what its prefix says. Lists of sites hold
    domains without a scheme; at most one of the two lists has any.
    """

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="web_tools",
    )
    max_uses = models.PositiveSmallIntegerField(null=True, blank=True)
    allowed_domains = WireField(default=list, blank=True)
    blocked_domains = WireField(default=list, blank=True)
    city = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)
    timezone = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "web tools"

    def __str__(self) -> str:
        return f"Web tools of {self.owner_id}"

    @classmethod
    def of(cls, owner_id: Any) -> Self:
        """Return what a person has set, or the unsaved defaults."""
        return cls.objects.filter(owner_id=owner_id).first() or cls(owner_id=owner_id)

    @property
    def location(self) -> dict[str, str]:
        """The parts of the place that are known; {} when none is."""
        names = ("city", "region", "country", "timezone")
        return {name: getattr(self, name) for name in names if getattr(self, name)}
