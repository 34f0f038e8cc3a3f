"""What goes over the wire: requests, replies, error bodies and event frames."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conversations.simulator.errors import RequestRejected

type Json = dict[str, Any]
type Block = dict[str, Any]
type NewId = Callable[[str], str]


@dataclass(frozen=True)
class ReceivedRequest:
    """One HTTP request. `headers` have lower-case names, `query` keeps repeats."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw_body: bytes = b""
    query: tuple[tuple[str, str], ...] = ()
    # The path as it was written, with its percent signs: what signatures are over.
    raw_path: str = ""

    @property
    def body(self) -> Any:
        """The parsed JSON body, or None without one."""
        return json.loads(self.raw_body) if self.raw_body else None


@dataclass(frozen=True)
class Reply:
    """One HTTP response whose body is produced while it is read."""

    status: int
    headers: dict[str, str]
    chunks: AsyncGenerator[bytes]


def json_bytes(value: Any) -> bytes:
    """Return `value` as compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def event_frame(event: Json) -> bytes:
    """Return one server-sent event, named by its own `type`."""
    return b"event: %s\ndata: %s\n\n" % (event["type"].encode(), json_bytes(event))


def error_body(error: RequestRejected, request_id: str) -> Json:
    """Return the JSON body of an error response."""
    inner: Json = {"type": error.type, "message": error.message}
    if error.details is not None:
        inner["details"] = error.details
    return {"type": "error", "error": inner, "request_id": request_id}


async def one_chunk(content: bytes) -> AsyncGenerator[bytes]:
    """Yield a whole body at once."""
    yield content
