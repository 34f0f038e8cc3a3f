"""What a platform needs to be asked, checked in words before anybody asks it."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings

from conversations.claude import Secret
from conversations.claude.platform_facts import PLATFORMS, Setting
from conversations.claude.platforms import provider_of
from conversations.models import Provider
from conversations.models.provider import SecretPlace
from conversations.upstream.secrets import KNOWN_VARIABLES, BadSecret, check_name

SETTINGS: tuple[Setting, ...] = ("region", "project", "workspace", "resource")
WITHOUT_KEY = frozenset({"compatible", "bedrock", "bedrock_legacy", "aws"})


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Asks for what the chosen platform needs, and refuses what it cannot use."""

    class Meta:
        model = Provider
        fields: Any = (
            "name",
            "slug",
            "kind",
            "base_url",
            *SETTINGS,
            "secret_place",
            "secret_name",
            "version",
            "betas",
            "is_enabled",
            "position",
        )
        widgets = {"base_url": forms.TextInput(attrs={"size": 60})}
        labels = {
            "kind": "Platform",
            "base_url": "Base URL",
            "secret_place": "Its key lies",
            "secret_name": "Name of the variable or file",
            "version": "API version",
            "betas": "Beta features",
            "is_enabled": "Offered in the picker",
        }
        help_texts = {
            "name": "People see it in the picker, above its models.",
            "slug": "Begins the ids of its models. It cannot be changed later.",
            "kind": "It cannot be changed later.",
            "base_url": (
                "Empty: the platform's own address. For a local server: its address"
                " without /v1/messages, such as http://localhost:11434."
            ),
            "region": "Such as eu-central-1 (AWS), europe-west1 or global (Google Cloud).",
            "project": "The id of the Google Cloud project.",
            "workspace": "The id of the workspace: wrkspc_…",
            "resource": "The name before .services.ai.azure.com.",
            "version": "Empty: the platform's own. Some gateways want 2023-06-01.",
            "betas": "Names for the header anthropic-beta, with commas between them.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "secret_name" in self.fields:
            self.fields["secret_name"].help_text = (
                "The key itself is never stored. A variable begins with PROVIDER_, or is"
                f" one of {', '.join(KNOWN_VARIABLES)}. A file lies in"
                f" {settings.PROVIDER_SECRETS_DIR}; for Google Cloud it is the JSON file of"
                " a service account."
            )

    def clean_base_url(self) -> str:
        """Refuse the addresses from which clouds hand out their credentials."""
        base_url: str = self.cleaned_data["base_url"].strip()
        try:
            address = ipaddress.ip_address(urlsplit(base_url).hostname or "")
        except ValueError:
            return base_url
        if address.is_link_local:
            raise forms.ValidationError("No model answers at a link-local address.")
        return base_url

    def clean(self) -> dict[str, Any]:
        """Check that the platform could be asked like this."""
        cleaned = super().clean() or {}
        kind = cleaned.get("kind") or self.instance.kind
        if kind not in PLATFORMS:
            return cleaned
        self._check_settings(kind, cleaned)
        self._check_secret(kind, cleaned)
        if not self.errors:
            self._check_whole(kind, cleaned)
        return cleaned

    def _check_settings(self, kind: Any, cleaned: dict[str, Any]) -> None:
        facts = PLATFORMS[kind]
        for name in SETTINGS:
            if name in facts.needs and not cleaned.get(name):
                self.add_error(name, f"{facts.name} needs its {name}.")
            elif name not in facts.needs and cleaned.get(name):
                self.add_error(name, f"{facts.name} has no {name}: leave it empty.")
        if "base_url" in facts.needs and not cleaned.get("base_url"):
            self.add_error("base_url", f"{facts.name} needs its base URL.")

    def _check_secret(self, kind: Any, cleaned: dict[str, Any]) -> None:
        place, name = cleaned.get("secret_place", ""), cleaned.get("secret_name", "")
        facts = PLATFORMS[kind]
        if place == SecretPlace.NOWHERE:
            if name:
                self.add_error(
                    "secret_place", "Say where this name is to be looked up."
                )
            elif facts.takes_key and kind not in WITHOUT_KEY:
                self.add_error("secret_place", f"{facts.name} needs a key.")
            return
        try:
            check_name(place, name)
        except BadSecret as error:
            self.add_error("secret_name", str(error))

    def _check_whole(self, kind: Any, cleaned: dict[str, Any]) -> None:
        settings_: dict[Setting, str] = {n: cleaned.get(n) or "" for n in SETTINGS}
        betas = cleaned.get("betas", "").replace(",", " ").split()
        try:
            provider_of(
                kind,
                secret=Secret("stands-for-the-key"),
                base_url=cleaned.get("base_url", ""),
                version=cleaned.get("version", ""),
                betas=tuple(betas),
                settings=settings_,
            )
        except ValueError as error:
            self.add_error(None, f"{error}.")
