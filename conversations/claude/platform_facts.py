"""What each platform is called, needs and lacks: the one table about platforms.

Source: Anthropic's documentation and SDK 2.12, read in November 2026. A feature that is
not listed as lacking is offered, as far as the model has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

type Kind = Literal[
    "anthropic",
    "compatible",
    "bedrock",
    "bedrock_legacy",
    "aws",
    "google",
    "google_anthropic",
    "foundry",
    "foundry_azure",
]
type Feature = Literal[
    "advisor",
    "automatic_caching",
    "batches",
    "betas",
    "code_execution",
    "count_tokens",
    "fallbacks",
    "fast_mode",
    "files",
    "mcp",
    "models",
    "residency",
    "skills",
    "structured_outputs",
    "tool_search",
    "url_sources",
    "web_fetch",
    "web_search",
]
type Setting = Literal["base_url", "region", "project", "workspace", "resource"]

FEATURE_NAMES: Mapping[Feature, str] = MappingProxyType(
    {
        "advisor": "a second model as adviser",
        "automatic_caching": "automatic prompt caching",
        "batches": "batches",
        "betas": "beta features",
        "code_execution": "code execution",
        "count_tokens": "counting tokens before sending",
        "fallbacks": "another model after a refusal",
        "fast_mode": "fast mode",
        "files": "uploaded files",
        "mcp": "the MCP connector",
        "models": "a list of its models",
        "residency": "a choice of the place of processing",
        "skills": "skills",
        "structured_outputs": "structured answers",
        "tool_search": "tool search",
        "url_sources": "pictures and documents by address",
        "web_fetch": "reading web pages",
        "web_search": "web search",
    }
)
FEATURES: tuple[Feature, ...] = tuple(FEATURE_NAMES)

MEGABYTE = 1024 * 1024
_SERVER_TOOLS: frozenset[Feature] = frozenset(
    {"web_search", "web_fetch", "code_execution", "tool_search"}
)
# Of the clouds that serve Claude themselves: they know no endpoint beside messages.
_CLOUD: frozenset[Feature] = frozenset(
    {
        "batches",
        "fallbacks",
        "fast_mode",
        "files",
        "mcp",
        "models",
        "residency",
        "skills",
        "url_sources",
    }
)


@dataclass(frozen=True, kw_only=True)
class PlatformFacts:
    """One platform.

    `needs` are the settings that its address is made of. `extra` is the optional package
    group that it asks for when no key is given. Sizes are of base64 and of JSON.
    """

    name: str
    needs: tuple[Setting, ...] = ()
    lacks: frozenset[Feature] = frozenset()
    extra: Literal["aws", "google"] | None = None
    takes_key: bool = True
    max_request_bytes: int = 32 * MEGABYTE
    max_image_bytes: int = 10 * MEGABYTE


PLATFORMS: Mapping[Kind, PlatformFacts] = MappingProxyType(
    {
        "anthropic": PlatformFacts(name="Claude API"),
        "compatible": PlatformFacts(
            name="A server that speaks the Claude API",
            needs=("base_url",),
            # Nobody knows; what needs machines of Anthropic's is not there.
            lacks=_SERVER_TOOLS | _CLOUD - {"models", "url_sources"} | {"advisor"},
        ),
        "bedrock": PlatformFacts(
            name="Claude in Amazon Bedrock",
            needs=("region",),
            lacks=_CLOUD | _SERVER_TOOLS | {"advisor", "betas", "structured_outputs"},
            extra="aws",
            max_request_bytes=20 * MEGABYTE,
            max_image_bytes=5 * MEGABYTE,
        ),
        "bedrock_legacy": PlatformFacts(
            name="Amazon Bedrock runtime (legacy)",
            needs=("region",),
            lacks=_CLOUD
            | _SERVER_TOOLS
            | {"advisor", "automatic_caching", "count_tokens"},
            extra="aws",
            max_request_bytes=20 * MEGABYTE,
            max_image_bytes=5 * MEGABYTE,
        ),
        "aws": PlatformFacts(
            name="Claude Platform on AWS",
            needs=("region", "workspace"),
            lacks=frozenset({"fast_mode"}),
            extra="aws",
        ),
        "google": PlatformFacts(
            name="Claude on Google Cloud (Vertex AI)",
            needs=("region", "project"),
            lacks=_CLOUD | {"web_fetch", "code_execution", "advisor"},
            extra="google",
            takes_key=False,
            max_request_bytes=30 * MEGABYTE,
            max_image_bytes=5 * MEGABYTE,
        ),
        "google_anthropic": PlatformFacts(
            name="Claude on Google Cloud (Anthropic-managed)",
            needs=("region", "project", "workspace"),
            extra="google",
            takes_key=False,
        ),
        "foundry": PlatformFacts(
            name="Microsoft Foundry",
            needs=("resource",),
            lacks=frozenset({"batches", "models", "advisor", "fallbacks"}),
        ),
        "foundry_azure": PlatformFacts(
            name="Microsoft Foundry, hosted on Azure",
            needs=("resource",),
            lacks=_SERVER_TOOLS
            | _CLOUD - {"fast_mode", "residency", "url_sources"}
            | {"advisor", "structured_outputs"},
        ),
    }
)
