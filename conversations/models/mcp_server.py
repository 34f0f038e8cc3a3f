"""Servers of tools, and who is logged in at them."""

from typing import Any, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse

from .ids import uuid7
from .sealed import SealedField
from .wire import WireField


class Authorization(models.TextChoices):
    """How a server knows who asks."""

    NONE = "none", "none"
    TOKEN = "token", "a token"
    OAUTH = "oauth", "each person logs in (OAuth)"


class McpServerQuerySet(models.QuerySet["McpServer"]):
    """Ways to narrow servers."""

    def usable_by(self, owner_id: Any) -> Self:
        """Keep those of everybody and those of this person, which are switched on."""
        mine = models.Q(owner=None) | models.Q(owner_id=owner_id)
        return self.filter(mine, is_enabled=True).order_by("title", "id")


class McpServer(models.Model):
    """A server whose tools Claude may call. Without an owner it is everybody's.

    `tools` is its list as last seen; `agreed` has the digest of each tool that somebody
    has looked at, by the name Claude calls it: a tool that changes is off until then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="mcp_servers",
    )
    title = models.CharField(max_length=80)
    # Part of what Claude calls its tools by; never changed.
    name = models.CharField(
        max_length=24,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", "Use a-z, 0-9 and -.")],
    )
    url = models.CharField("address", max_length=500)
    authorization = models.CharField(
        max_length=5, choices=Authorization, default=Authorization.NONE
    )
    token_variable = models.CharField(
        "environment variable with the token",
        max_length=100,
        blank=True,
        validators=[RegexValidator(r"^MCP_[A-Z0-9_]+$", "Its name begins with MCP_.")],
    )
    is_enabled = models.BooleanField("switched on", default=True)
    tools = WireField(default=list, editable=False)
    agreed = WireField(default=dict, editable=False)
    listed_at = models.DateTimeField(null=True, blank=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = McpServerQuerySet.as_manager()

    class Meta:
        verbose_name = "MCP server"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("conversations:tool_server", args=[self.id])


class McpLogin(models.Model):
    """What a person proves themselves with at a server; nobody else reads it."""

    server = models.ForeignKey(
        McpServer, on_delete=models.CASCADE, related_name="logins"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    token = SealedField(blank=True)
    # JSON texts of the `mcp` package: what OAuth gave, and how we are registered.
    tokens = SealedField(blank=True)
    client = SealedField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "MCP log-in"
        constraints = [
            models.UniqueConstraint(
                fields=["server", "user"], name="one_login_per_server_and_person"
            )
        ]

    def __str__(self) -> str:
        return f"Log-in {self.server_id} {self.user_id}"


class McpAuthorization(models.Model):
    """A log-in at a server that waits for the person to come back from there.

    `answer` has the parameters they came back with. Kept here, and not in memory,
    because another process may be the one they come back to.
    """

    state = models.CharField(max_length=200, unique=True)
    server = models.ForeignKey(McpServer, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    answer = WireField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Log-in under way {self.server_id} {self.user_id}"
