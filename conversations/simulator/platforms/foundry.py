"""Claude in Microsoft Foundry."""

from typing import Any

from conversations.simulator.errors import RequestRejected
from conversations.simulator.platforms.features import read_body, refuse_lacking
from conversations.simulator.platforms.gateway import (
    PlatformSimulator,
    behind_the_door,
    without_prefix,
)
from conversations.simulator.wire import ReceivedRequest

KEY = "simulated-foundry-key"
PATHS = ("/v1/messages", "/v1/messages/count_tokens")


class FoundrySimulator(PlatformSimulator):
    """`deployments` are what people call their models."""

    def __init__(
        self, *, deployments: dict[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self._deployments = deployments or {}

    def enter(self, request: ReceivedRequest) -> ReceivedRequest:
        """Return the request as Claude gets it."""
        keys = {request.headers.get("x-api-key"), request.headers.get("api-key")}
        if keys - {None} != {KEY} or "authorization" in request.headers:
            raise RequestRejected(
                "Access denied due to invalid subscription key.", status=401
            )
        path = without_prefix(request.path, "/anthropic")
        if path not in PATHS:
            raise RequestRejected("Resource not found", status=404)
        body = read_body(request)
        refuse_lacking(body, ("fallbacks",))
        model = self._deployments.get(str(body.get("model")), body.get("model"))
        return behind_the_door(request, path, {**body, "model": model})
