"""Claude in Amazon Bedrock ("mantle")."""

import re

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.platforms.aws_door import AwsDoor
from conversations.simulator.platforms.features import (
    read_body,
    refuse_lacking,
    refuse_large_images,
)
from conversations.simulator.platforms.gateway import behind_the_door, without_prefix
from conversations.simulator.wire import ReceivedRequest

PATHS = ("/v1/messages", "/v1/messages/count_tokens")
LACKS = (
    "fallbacks",
    "fast_mode",
    "files",
    "mcp",
    "residency",
    "structured_outputs",
    "url_sources",
    "web_search",
    "web_fetch",
    "code_execution",
    "tool_search",
)
MODEL = re.compile(r"(?:(?:global|us|eu|apac|au|jp)\.)?anthropic\.(claude-[a-z0-9-]+)")
IMAGE_BYTES = 5 * 1024 * 1024


class BedrockSimulator(AwsDoor):
    """SSE and headers as the Claude API has them; other ids, and much that is missing."""

    service = "bedrock-mantle"
    max_body_bytes = 20 * 1024 * 1024

    def enter(self, request: ReceivedRequest) -> ReceivedRequest:
        """Return the request as Claude gets it."""
        self.check(request)
        path = without_prefix(request.path, "/anthropic")
        if path not in PATHS:
            raise RequestRejected(f"Unknown operation {path}", status=404)
        if "anthropic-beta" in request.headers:
            raise invalid("anthropic-beta", "the header is not supported here")
        body = read_body(request)
        refuse_lacking(body, LACKS)
        refuse_large_images(body, IMAGE_BYTES)
        match = MODEL.fullmatch(str(body.get("model")))
        if match is None:
            raise RequestRejected(f"model: {body.get('model')}", status=404)
        return behind_the_door(request, path, {**body, "model": match[1]})
