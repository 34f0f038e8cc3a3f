"""Where the API is spoken to, and as whom."""

from dataclasses import dataclass
from typing import Literal

import httpx

from .call import Call
from .errors import NotOffered
from .events import EVENT_STREAM, FrameDecoder, StreamDecoder
from .platform_facts import FEATURE_NAMES, PLATFORMS, Feature, Kind, PlatformFacts
from .secret import Secret

# What an endpoint beside messages belongs to; longer paths first.
_FEATURES_OF_PATHS: tuple[tuple[str, Feature], ...] = (
    ("/v1/messages/batches", "batches"),
    ("/v1/messages/count_tokens", "count_tokens"),
    ("/v1/models", "models"),
    ("/v1/files", "files"),
    ("/v1/skills", "skills"),
)


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One upstream that speaks the Messages API: the Claude API, or a compatible URL.

    The other platforms are its subclasses in `platforms`. `version` is a setting because
    gateways may refuse the current one and want 2023-06-01. Raises ValueError for an
    address or a key that could never be sent; the message does not quote the key.
    """

    kind: Kind = "anthropic"
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
        if self.betas and not self.offers("betas"):
            raise ValueError(f"{self.facts.name} takes no beta features")

    @property
    def facts(self) -> PlatformFacts:
        """What the platform is called, needs and lacks."""
        return PLATFORMS[self.kind]

    def offers(self, feature: Feature) -> bool:
        """Whether the platform has a feature, as far as the model has it."""
        return feature not in self.facts.lacks

    def write(self, call: Call) -> Call:
        """Return the call as the platform takes it. Raises NotOffered."""
        for path, feature in _FEATURES_OF_PATHS:
            if call.path.startswith(path):
                self._require(feature)
        if call.betas:
            self._require("betas")
        return call

    def url(self, path: str) -> str:
        """Return the address of an endpoint, such as `/v1/messages`."""
        return self.base_url.rstrip("/") + path

    def headers(self, betas: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the headers of a call that needs `betas`, the key among them."""
        headers = {"anthropic-version": self.version, "user-agent": "colloquy"}
        if self.api_key and self.auth_header == "x-api-key":
            headers["x-api-key"] = self.api_key.reveal()
        elif self.api_key:
            headers["authorization"] = f"Bearer {self.api_key.reveal()}"
        if named := self.all_betas(betas):
            headers["anthropic-beta"] = ",".join(named)
        return headers

    def all_betas(self, betas: tuple[str, ...]) -> tuple[str, ...]:
        """Return the provider's betas and those of one call, each once."""
        return tuple(dict.fromkeys((*self.betas, *betas)))

    async def authorize(self, request: httpx.Request, call: Call) -> None:
        """Add what has to be made afresh for each request: a signature, a token.

        `call` is what the request was built from.

        Raises ClaudeError where it cannot be made.
        """

    @property
    def stream_type(self) -> str:
        """The content type of a streamed answer."""
        return EVENT_STREAM

    def stream_decoder(self) -> StreamDecoder:
        """Return what cuts one streamed answer into frames."""
        return FrameDecoder()

    def _require(self, feature: Feature) -> None:
        if not self.offers(feature):
            raise NotOffered(f"{self.facts.name} lacks {FEATURE_NAMES[feature]}.")


def _is_sendable(key: str) -> bool:
    return all("!" <= character <= "~" for character in key)
