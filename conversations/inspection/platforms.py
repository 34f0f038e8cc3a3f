"""How somebody sends a request to a cloud by hand: told by where it went.

A record keeps no provider, whose row may be another one by now: only an address.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

KEY = "$ANTHROPIC_API_KEY"


@dataclass(frozen=True)
class Way:
    """`curl` are options that prove who asks; `client` makes the library's client.

    `model` is what the address names, where the body does not.
    """

    curl: tuple[str, ...]
    client: str = ""
    model: str | None = None


_WAYS = (
    (
        r"https://bedrock-runtime\.(?P<region>[^.]+)\.amazonaws\.com/model/(?P<model>[^/]+)/",
        "aws",
        "bedrock",
        "AnthropicBedrock(aws_region={region!r}",
    ),
    (
        r"https://bedrock-mantle\.(?P<region>[^.]+)\.api\.aws/",
        "aws",
        "bedrock-mantle",
        "AnthropicBedrockMantle(aws_region={region!r}",
    ),
    (
        r"https://aws-external-anthropic\.(?P<region>[^.]+)\.api\.aws/",
        "aws",
        "aws-external-anthropic",
        "AnthropicAWS(aws_region={region!r}, workspace_id={workspace!r}",
    ),
    (
        r"https://[a-z0-9.-]*aiplatform[a-z.]*\.googleapis\.com/v1/projects/(?P<project>[^/]+)"
        r"/locations/(?P<region>[^/]+)/publishers/anthropic/models/(?P<model>[^/:]+):",
        "google",
        "",
        "AnthropicVertex(project_id={project!r}, region={region!r}",
    ),
    (
        r"https://claude\.googleapis\.com/v1/projects/(?P<project>[^/]+)"
        r"/locations/(?P<region>[^/]+)/workspaces/(?P<workspace>[^/]+)/",
        "google",
        "",
        "AnthropicGoogleCloud(project={project!r}, location={region!r},"
        " workspace_id={workspace!r}",
    ),
    (
        r"https://(?P<resource>[a-z0-9-]+)\.services\.ai\.azure\.com/",
        "azure",
        "",
        "AnthropicFoundry(resource={resource!r}",
    ),
)


def way_to(url: str, headers: Mapping[str, str]) -> Way:
    """Return how to send to an address; as to the Claude API where it is no cloud's."""
    for pattern, cloud, service, client in _WAYS:
        if match := re.match(pattern, url):
            told = {"workspace": headers.get("anthropic-workspace-id", "")}
            told |= {name: unquote(text) for name, text in match.groupdict().items()}
            return Way(
                _curl(cloud, service, told),
                client.format(**told),
                told.get("model"),
            )
    return Way((f'-H "authorization: Bearer {KEY}"',))


def _curl(cloud: str, service: str, told: Mapping[str, str]) -> tuple[str, ...]:
    match cloud:
        case "aws":
            return (
                f'--aws-sigv4 "aws:amz:{told["region"]}:{service}"',
                '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
            )
        case "google":
            return ('-H "authorization: Bearer $(gcloud auth print-access-token)"',)
    return ('-H "x-api-key: $ANTHROPIC_FOUNDRY_API_KEY"',)
