"""What the two platforms on Google Cloud have in common."""

from dataclasses import dataclass

import httpx

from conversations.claude.call import Call
from conversations.claude.provider import Provider
from conversations.claude.secret import Secret

from .google_tokens import GoogleTokens
from .parts import checked_host_part, checked_path_part


@dataclass(frozen=True, kw_only=True)
class GoogleProvider(Provider):
    """Sends a token of Google's. `credentials` is the text of a key file, if any."""

    base_url: str = ""
    region: str
    project: str
    credentials: Secret | None = None

    def __post_init__(self) -> None:
        checked_host_part("region", self.region)
        checked_path_part("project", self.project)
        object.__setattr__(self, "base_url", self.base_url or self.own_address())
        super().__post_init__()
        object.__setattr__(self, "_tokens", GoogleTokens(self.credentials))

    def own_address(self) -> str:
        """Return the platform's address, for the case that no other was typed."""
        raise NotImplementedError

    async def authorize(self, request: httpx.Request, call: Call) -> None:
        """Add a token that is still good."""
        tokens: GoogleTokens = self._tokens  # type: ignore[attr-defined]  # frozen
        request.headers["authorization"] = f"Bearer {await tokens.token()}"
