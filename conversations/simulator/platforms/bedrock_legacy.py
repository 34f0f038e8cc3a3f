"""The Bedrock runtime: the model in the path, the version in the body, binary frames."""

import base64
import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import unquote

from conversations.simulator.errors import RequestRejected
from conversations.simulator.platforms.aws_door import AwsDoor
from conversations.simulator.platforms.event_stream import encode_message
from conversations.simulator.platforms.features import (
    read_body,
    refuse_lacking,
    refuse_large_images,
)
from conversations.simulator.platforms.gateway import behind_the_door
from conversations.simulator.wire import Json, ReceivedRequest, Reply, json_bytes

PATH = re.compile(r"/model/([^/]+)/(invoke|invoke-with-response-stream)")
MODEL = re.compile(
    r"(?:(?:global|us|eu|apac|au|jp)\.)?anthropic\.(claude-[a-z0-9-]+?)(?:-v\d+(?::\d+)?)?"
)
OLD_VERSION, NEW_VERSION = "bedrock-2023-05-31", "2026-10-21"
OLD_MODELS = re.compile(r"claude-(opus|sonnet|haiku)-4-[56]\b")
LACKS = (
    "automatic_caching",
    "fallbacks",
    "fast_mode",
    "files",
    "mcp",
    "residency",
    "url_sources",
    "web_search",
    "web_fetch",
    "code_execution",
    "tool_search",
)
IMAGE_BYTES = 5 * 1024 * 1024
EXCEPTIONS = {
    "overloaded_error": "serviceUnavailableException",
    "rate_limit_error": "throttlingException",
    "timeout_error": "modelTimeoutException",
}


class BedrockLegacySimulator(AwsDoor):
    """`profiles` are the ARNs that stand for a model."""

    service = "bedrock"
    max_body_bytes = 20 * 1024 * 1024

    def __init__(
        self, *, profiles: dict[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self._profiles = profiles or {}

    def enter(self, request: ReceivedRequest) -> ReceivedRequest:
        """Return the request as Claude gets it."""
        self.check(request)
        match = PATH.fullmatch(request.raw_path)
        if match is None or request.method != "POST":
            raise RequestRejected("Unknown operation", status=404)
        model = self._model(unquote(match[1]))
        body = read_body(request)
        for key in ("model", "stream"):
            if key in body:
                raise RequestRejected(f"extraneous key [{key}] is not permitted")
        version = body.pop("anthropic_version", None)
        _check_version(version, model)
        refuse_lacking(body, LACKS)
        refuse_large_images(body, IMAGE_BYTES)
        betas = body.pop("anthropic_beta", [])
        is_streamed = match[2] != "invoke"
        inner = {**body, "model": model, "stream": is_streamed}
        headers = {"anthropic_version": NEW_VERSION, "anthropic_beta": ",".join(betas)}
        return behind_the_door(request, "/v1/messages", inner, **headers)

    def leave(self, reply: Reply) -> Reply:
        """Return the reply in AWS's form: binary frames, or one JSON object."""
        headers = {"x-amzn-requestid": reply.headers["request-id"]}
        if reply.status == 200 and reply.headers["content-type"].startswith(
            "text/event"
        ):
            headers["content-type"] = "application/vnd.amazon.eventstream"
            return Reply(200, headers, _binary(reply.chunks))
        headers["content-type"] = "application/json"
        if reply.status == 200:
            return Reply(200, headers, reply.chunks)
        return Reply(reply.status, headers, _message_only(reply.chunks))

    def _model(self, name: str) -> str:
        if name in self._profiles:
            return self._profiles[name]
        if match := MODEL.fullmatch(name):
            return match[1]
        raise RequestRejected("The provided model identifier is invalid.")


def _check_version(version: object, model: str) -> None:
    if version == OLD_VERSION:
        return
    if version != NEW_VERSION or OLD_MODELS.match(model):
        raise RequestRejected(
            f"anthropic_version: {version!r} is not valid for {model}"
        )


async def _message_only(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    body = b"".join([chunk async for chunk in chunks])
    yield json_bytes({"message": json.loads(body)["error"]["message"]})


async def _binary(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Turn server-sent events, one a chunk, into AWS's frames."""
    async with aclosing(chunks):
        async for chunk in chunks:
            text = chunk.decode()
            data = text.partition("data: ")[2].rstrip("\n")
            try:
                yield _frame(json.loads(data))
            except ValueError:
                yield encode_message({}, data.encode())[:-4] + b"\0\0\0\0"


def _frame(event: Json) -> bytes:
    if event["type"] == "error":
        kind = EXCEPTIONS.get(event["error"]["type"], "internalServerException")
        headers = {
            ":message-type": "exception",
            ":exception-type": kind,
            ":content-type": "application/json",
        }
        return encode_message(
            headers, json_bytes({"message": event["error"]["message"]})
        )
    encoded = base64.b64encode(json_bytes(event)).decode()
    headers = {
        ":message-type": "event",
        ":event-type": "chunk",
        ":content-type": "application/json",
    }
    # AWS pads its events, to hide their length.
    return encode_message(headers, json_bytes({"bytes": encoded, "p": "abcdefgh"}))
