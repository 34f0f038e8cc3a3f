"""Claude on Google Cloud as Google serves it (Vertex AI)."""

import re
from dataclasses import replace

from conversations.simulator.errors import RequestRejected
from conversations.simulator.platforms.features import (
    read_body,
    refuse_lacking,
    refuse_large_images,
)
from conversations.simulator.platforms.gateway import behind_the_door, without_prefix
from conversations.simulator.platforms.google_door import PROJECT, REGION, GoogleDoor
from conversations.simulator.wire import Json, ReceivedRequest, Reply

MODELS = f"/v1/projects/{PROJECT}/locations/{REGION}/publishers/anthropic/models"
TARGET = re.compile(r"/([a-z0-9@-]+):(rawPredict|streamRawPredict)")
VERSIONS = ("vertex-2023-10-16", "2026-10-21")
LACKS = (
    "fallbacks",
    "fast_mode",
    "files",
    "mcp",
    "residency",
    "url_sources",
    "web_fetch",
    "code_execution",
)
IMAGE_BYTES = 5 * 1024 * 1024


class VertexSimulator(GoogleDoor):
    """The model in the path, the version in the body."""

    max_body_bytes = 30 * 1024 * 1024

    def enter(self, request: ReceivedRequest) -> ReceivedRequest:
        """Return the request as Claude gets it."""
        self.check(request)
        match = TARGET.fullmatch(without_prefix(request.path, MODELS))
        if match is None or request.method != "POST":
            raise RequestRejected("Not found", status=404)
        if "anthropic-version" in request.headers:
            raise RequestRejected("anthropic-version: goes into the body")
        body = read_body(request)
        if body.pop("anthropic_version", None) not in VERSIONS:
            raise RequestRejected("anthropic_version: Field required")
        refuse_lacking(body, LACKS)
        refuse_large_images(body, IMAGE_BYTES)
        if match[1] == "count-tokens":
            path, body = "/v1/messages/count_tokens", _named(body, body.get("model"))
        else:
            path = "/v1/messages"
            _check_body(body, match[2])
            body = _named(body, match[1])
        return behind_the_door(request, path, body, anthropic_version=VERSIONS[1])

    def leave(self, reply: Reply) -> Reply:
        """Return the reply without what only Anthropic's own door adds."""
        kept = {"content-type": reply.headers["content-type"]}
        return replace(reply, headers=kept)


def _check_body(body: Json, action: str) -> None:
    if "model" in body:
        raise RequestRejected("model: Extra inputs are not permitted")
    if (body.get("stream") is True) != (action == "streamRawPredict"):
        raise RequestRejected(f"stream: does not fit {action}")


def _named(body: Json, model: object) -> Json:
    return {**body, "model": str(model).replace("@", "-")}
