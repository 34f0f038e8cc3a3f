"""Claude in Microsoft Foundry."""

from dataclasses import dataclass

from conversations.claude.platform_facts import Kind
from conversations.claude.provider import Provider

from .parts import checked_host_part


@dataclass(frozen=True, kw_only=True)
class Foundry(Provider):
    """A model is named by its deployment. A key is needed."""

    kind: Kind = "foundry"
    base_url: str = ""
    resource: str

    def __post_init__(self) -> None:
        resource = checked_host_part("resource", self.resource)
        own = f"https://{resource}.services.ai.azure.com/anthropic"
        object.__setattr__(self, "base_url", self.base_url or own)
        object.__setattr__(self, "auth_header", "x-api-key")
        super().__post_init__()

    def headers(self, betas: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the headers; older resources read the key under its other name."""
        headers = super().headers(betas)
        if self.api_key:
            headers["api-key"] = self.api_key.reveal()
        return headers
