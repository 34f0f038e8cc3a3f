"""The clouds that serve Claude, each as a Provider with its own wire form."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from conversations.claude.platform_facts import PLATFORMS, Kind, Setting
from conversations.claude.provider import Provider
from conversations.claude.secret import Secret

from .aws import ClaudeOnAws
from .bedrock import Bedrock
from .bedrock_legacy import BedrockLegacy
from .foundry import Foundry
from .google import Vertex
from .google_anthropic import ClaudeOnGoogle

_FORMS: Mapping[Kind, type[Provider]] = MappingProxyType(
    {
        "anthropic": Provider,
        "compatible": Provider,
        "bedrock": Bedrock,
        "bedrock_legacy": BedrockLegacy,
        "aws": ClaudeOnAws,
        "google": Vertex,
        "google_anthropic": ClaudeOnGoogle,
        "foundry": Foundry,
        "foundry_azure": Foundry,
    }
)


def provider_of(
    kind: Kind,
    *,
    secret: Secret | None = None,
    base_url: str = "",
    version: str = "",
    betas: tuple[str, ...] = (),
    settings: Mapping[Setting, str] = MappingProxyType({}),
) -> Provider:
    """Return the provider of a platform; what is empty gets the platform's own value.

    Raises ValueError, in words for whoever set it up, when it could never be asked.
    """
    facts = PLATFORMS[kind]
    fields: dict[str, Any] = {"kind": kind, "betas": betas}
    if base_url:
        fields["base_url"] = base_url
    elif "base_url" in facts.needs:
        raise ValueError(f"{facts.name} needs its base URL")
    if version:
        fields["version"] = version
    if secret:
        fields["api_key" if facts.takes_key else "credentials"] = secret
    for name in facts.needs:
        if name != "base_url":
            fields[name] = settings.get(name, "")
    return _FORMS[kind](**fields)


__all__ = ["provider_of"]
