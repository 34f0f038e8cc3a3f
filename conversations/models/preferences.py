"""What a person likes, wherever they are logged in."""

from typing import Any

from django.conf import settings
from django.db import models

from .prepared import PreparedQuery


class Preferences(models.Model):
    """One row a person, made when they first change something."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="preferences",
    )
    # Three questions that may come next, after each answer: a small request that costs.
    suggestions = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.person}"


def preferences_of(person_id: Any) -> Preferences:
    """Return a person's row, or an unsaved one with what holds for everybody."""
    found = Preferences.objects.filter(person_id=person_id).first()
    return found or Preferences(person_id=person_id)


def wants_suggestions(person_id: Any) -> bool:
    """Say whether a person asked for suggestions."""
    return bool(_with_suggestions.rows(person=person_id))


_with_suggestions = PreparedQuery(
    lambda person: Preferences.objects.filter(
        person_id=person, suggestions=True
    ).values_list("id"),
    person=models.BigAutoField(),
)
