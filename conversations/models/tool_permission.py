"""What a person has decided for good about a tool."""

from django.conf import settings
from django.db import models


class Permission(models.TextChoices):
    """Whether Claude may use a tool: not at all, after asking, or freely."""

    NEVER = "never", "Never"
    ASK = "ask", "Ask each time"
    ALWAYS = "always", "Always"


class ToolPermission(models.Model):
    """A person's own word on a tool; without a row the tool's default holds.

    `key` is the tool's name, or more where one name may come to mean another tool.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="tool_permissions",
    )
    key = models.CharField(max_length=200)
    permission = models.CharField(max_length=6, choices=Permission)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key"], name="one_permission_per_person_and_tool"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.permission}"
