"""Where the API is spoken to, and as whom."""

from dataclasses import dataclass
from typing import Literal

import httpx

from .secret import Secret


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One upstream that speaks the Messages API.

    `version` is a setting because gateways may refuse the current one and
    want 2023-06-01. Raises ValueError for an address or a key that could
    never be sent; the message does not quote the key.
    """

    kind: Literal["anthropic"] = "anthropic"
    base_url: str = "https://api.anthropic.com"
    api_key: Secret | None = None
    version: str = "2026-10-21"
    auth_header: Literal["authorization", "x-api-key"] = "authorization"
    betas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base_url)
        except httpx.InvalidURL as error:
            raise ValueError(f"The base URL is none: {error}") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("The base URL must begin with http:// or https://")
        if (url.port or 0) > 65_535:
            raise ValueError("The base URL has a port above 65535")
        if url.userinfo or url.query or url.fragment:
            raise ValueError("The base URL must hold no user, query or fragment")
        if self.api_key and not _is_sendable(self.api_key.reveal()):
            # The HTTP library would quote the whole header in its complaint.
            raise ValueError("The API key holds a space or another odd character")

    def url(self, path: str) -> str:
        """Return the address of an endpoint, such as `/v1/messages`."""
        return self.base_url.rstrip("/") + path

    def headers(self, betas: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the headers of a call that needs `betas`, the key among them."""
        headers = {"anthropic-version": self.version, "user-agent": "colloquy"}
        if self.api_key and self.auth_header == "authorization":
            headers["authorization"] = f"Bearer {self.api_key.reveal()}"
        elif self.api_key:
            headers["x-api-key"] = self.api_key.reveal()
        if named := self.all_betas(betas):
            headers["anthropic-beta"] = ",".join(named)
        return headers

    def all_betas(self, betas: tuple[str, ...]) -> tuple[str, ...]:
        """Return the provider's betas and those of one call, each once."""
        return tuple(dict.fromkeys((*self.betas, *betas)))


def _is_sendable(key: str) -> bool:
    return all("!" <= character <= "~" for character in key)
