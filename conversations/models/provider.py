"""A platform that answers, as an administrator has set it up."""

from typing import Self

from django.core.validators import RegexValidator
from django.db import models

from conversations.claude.platform_facts import PLATFORMS, Feature, PlatformFacts

# It begins the ids of the provider's models: claude-opus-5-5 becomes work/claude-opus-5-5.
SLUG = RegexValidator(
    r"\A[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z",
    "Expected: small letters, digits and hyphens, such as bedrock-eu.",
)


class SecretPlace(models.TextChoices):
    """Where the secret of a provider lies; it is never in the database."""

    NOWHERE = "", "nowhere: none is needed, or the machine has an account of its own"
    ENVIRONMENT = "env", "in an environment variable"
    FILE = "file", "in a file of the secrets folder"


class ProviderQuerySet(models.QuerySet["Provider"]):
    """Ways to narrow providers."""

    def enabled(self) -> Self:
        """Those whose models people may choose."""
        return self.filter(is_enabled=True)


class Provider(models.Model):
    """One platform beside that of the environment, which has no row.

    `region` to `resource` are what the platform's address is made of; which of them it
    needs stands in platform_facts. `changed_at` is the version of the row: a client that
    was made from an older one is dropped.
    """

    name = models.CharField(max_length=60, unique=True)
    slug = models.CharField(max_length=30, unique=True, validators=[SLUG])
    kind = models.CharField(
        max_length=20, choices=[(kind, facts.name) for kind, facts in PLATFORMS.items()]
    )
    base_url = models.CharField(max_length=300, blank=True)
    region = models.CharField(max_length=60, blank=True)
    project = models.CharField(max_length=100, blank=True)
    workspace = models.CharField(max_length=100, blank=True)
    resource = models.CharField(max_length=100, blank=True)
    secret_place = models.CharField(max_length=4, blank=True, choices=SecretPlace)
    secret_name = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=40, blank=True)
    betas = models.CharField(max_length=500, blank=True)
    is_enabled = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=100)
    # The last test of the connection: when, how it went (None: never), in words.
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_reachable = models.BooleanField(null=True, blank=True, editable=False)
    test_result = models.CharField(max_length=500, blank=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def facts(self) -> PlatformFacts:
        """What the platform is called, needs and lacks."""
        return PLATFORMS[self.kind]  # type: ignore[index]  # one of the choices

    def offers(self, feature: Feature) -> bool:
        """Whether the platform has a feature, as far as the model has it."""
        return feature not in self.facts.lacks

    @property
    def beta_names(self) -> tuple[str, ...]:
        """The beta features that every request names."""
        return tuple(self.betas.replace(",", " ").split())
