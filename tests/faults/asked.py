"""A request as it arrived at the upstream."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

type Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; `question` is the last thing that a person said."""

    method: str
    path: str
    headers: dict[str, str]
    body: Json
    at: float = field(default_factory=time.monotonic)

    @property
    def is_turn(self) -> bool:
        return self.path == "/v1/messages" and bool(self.body.get("stream"))

    @property
    def question(self) -> str:
        spoken = [item for item in self.body["messages"] if item["role"] == "user"]
        content = spoken[-1]["content"]
        blocks = content if isinstance(content, list) else [{"text": content}]
        return " ".join(block.get("text", "") for block in blocks)


async def read_request(reader: asyncio.StreamReader) -> Asked:
    """Read one request off a connection."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = first.split()
    params = json.loads(body) if body else {}
    return Asked(method, target.partition("?")[0], headers, params)
