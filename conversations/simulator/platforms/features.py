"""What a platform refuses, although the Claude API takes it."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.wire import Json, ReceivedRequest

SERVER_TOOLS = {
    "web_search": "web_search_",
    "web_fetch": "web_fetch_",
    "code_execution": "code_execution_",
    "tool_search": "tool_search_",
}
FIELDS = {
    "automatic_caching": "cache_control",
    "fallbacks": "fallbacks",
    "fast_mode": "speed",
    "mcp": "mcp_servers",
    "residency": "inference_geo",
}


def read_body(request: ReceivedRequest) -> Json:
    """Return the JSON object of a request. Raises RequestRejected."""
    try:
        body = json.loads(request.raw_body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RequestRejected("The body is no JSON object")
    return body


def refuse_lacking(body: Json, lacks: Collection[str]) -> None:
    """Refuse a body that asks for something which the platform lacks."""
    for feature, field in FIELDS.items():
        if feature in lacks and body.get(field) is not None:
            raise invalid(field, "Extra inputs are not permitted")
    if "structured_outputs" in lacks and (body.get("output_config") or {}).get(
        "format"
    ):
        raise invalid("output_config.format", "Extra inputs are not permitted")
    for index, tool in enumerate(body.get("tools") or ()):
        kind = str(tool.get("type") or "")
        for feature, prefix in SERVER_TOOLS.items():
            if feature in lacks and kind.startswith(prefix):
                raise invalid(f"tools.{index}", f"'{kind}' is not supported here")
    for source in _sources(body.get("messages")):
        if "url_sources" in lacks and source.get("type") == "url":
            raise invalid("source.type", "URL sources are not supported here")
        if "files" in lacks and source.get("type") == "file":
            raise invalid("source.type", "file sources are not supported here")


def refuse_large_images(body: Json, limit: int) -> None:
    """Refuse a picture whose base64 has more bytes than the platform takes."""
    for source in _sources(body.get("messages")):
        is_image = str(source.get("media_type", "")).startswith("image/")
        if is_image and len(source.get("data") or "") > limit:
            raise RequestRejected(f"image exceeds {limit // 1024 // 1024} MB maximum")


def _sources(node: Any) -> Iterator[Json]:
    if isinstance(node, list):
        for item in node:
            yield from _sources(item)
    elif isinstance(node, dict):
        if isinstance(node.get("source"), dict):
            yield node["source"]
        if isinstance(node.get("content"), list):
            yield from _sources(node["content"])
