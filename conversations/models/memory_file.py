"""What Claude has noted down for a person, file by file."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.urls import reverse

from .ids import uuid7


class MemoryFileQuerySet(models.QuerySet["MemoryFile"]):
    """Ways to narrow memory files; `visible_to` is the only entrance for people."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(owner_id=user.pk)


class MemoryFile(models.Model):
    """A text under /memories of one person: Claude writes it, the person may too.

    There are no directories: a path that others begin with is one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memory_files"
    )
    # From the root on: /memories/recipes/bread.md
    path = models.CharField(max_length=255)
    content = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MemoryFileQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "path"], name="one_memory_file_per_path"
            )
        ]

    def __str__(self) -> str:
        return self.path

    def get_absolute_url(self) -> str:
        return reverse("conversations:memory_file", args=[self.id])

    @property
    def size_bytes(self) -> int:
        return len(self.content.encode())
