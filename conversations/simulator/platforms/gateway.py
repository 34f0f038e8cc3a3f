"""What stands in front of Claude on a platform: a door, a translator, a censor."""

from dataclasses import replace
from typing import Any

from conversations.simulator.errors import RequestRejected
from conversations.simulator.simulator import JSON_HEADERS, Simulator
from conversations.simulator.wire import (
    Json,
    ReceivedRequest,
    Reply,
    error_body,
    json_bytes,
    one_chunk,
)

# What the simulator behind the door takes for a key.
INNER_KEY = {"x-api-key": "behind-the-door"}
KEY_HEADERS = ("authorization", "x-api-key", "api-key")


class PlatformSimulator(Simulator):
    """A simulator that is reached through the door of a platform.

    `received` holds the requests as they came, `requests` as Claude got them.
    """

    max_body_bytes = 32 * 1024 * 1024

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"pace": 0, **options})
        self.received: list[ReceivedRequest] = []

    async def handle(self, request: ReceivedRequest) -> Reply:
        """Answer one HTTP request in the platform's wire form."""
        self.received.append(request)
        try:
            self._check_size(request)
            inner = self.enter(request)
        except RequestRejected as error:
            return self.refusal(error)
        return self.leave(await super().handle(inner))

    def _check_size(self, request: ReceivedRequest) -> None:
        if len(request.raw_body) > self.max_body_bytes:
            raise RequestRejected("The request body is too large", status=413)

    def enter(self, request: ReceivedRequest) -> ReceivedRequest:
        """Return the request as Claude gets it. Raises RequestRejected."""
        raise NotImplementedError

    def leave(self, reply: Reply) -> Reply:
        """Return the reply as the platform passes it on."""
        return reply

    def refusal(self, error: RequestRejected) -> Reply:
        """Return what the door itself says."""
        body = error_body(error, "req_at_the_door")
        headers = {"request-id": "req_at_the_door", **error.headers}
        return json_reply(error.status, body, headers)


def json_reply(status: int, body: Json, headers: dict[str, str] | None = None) -> Reply:
    """Return a reply with a JSON body."""
    return Reply(
        status, {**JSON_HEADERS, **(headers or {})}, one_chunk(json_bytes(body))
    )


def behind_the_door(
    request: ReceivedRequest, path: str, body: Json | None = None, **headers: str
) -> ReceivedRequest:
    """Return a request with another path, the inner key, and perhaps another body."""
    kept = {
        key: text for key, text in request.headers.items() if key not in KEY_HEADERS
    }
    added = {name.replace("_", "-"): text for name, text in headers.items()}
    return replace(
        request,
        path=path,
        headers={**kept, **INNER_KEY, **added},
        raw_body=request.raw_body if body is None else json_bytes(body),
    )


def without_prefix(path: str, prefix: str) -> str:
    """Return what follows a prefix of the path. Raises the platform's 404."""
    if not path.startswith(f"{prefix}/"):
        raise RequestRejected(f"Not found: {path}", status=404)
    return path.removeprefix(prefix)
