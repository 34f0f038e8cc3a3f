"""What the platforms on Google Cloud have in common."""

from typing import Any

from conversations.simulator.errors import RequestRejected
from conversations.simulator.platforms.gateway import PlatformSimulator, json_reply
from conversations.simulator.wire import ReceivedRequest, Reply

PROJECT, REGION = "simulated-project", "europe-west1"
STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND"}


class GoogleDoor(PlatformSimulator):
    """Lets in who brings one of the `tokens` that Google has given out."""

    def __init__(
        self, *, tokens: frozenset[str] = frozenset({"ya29.simulated"}), **options: Any
    ) -> None:
        super().__init__(**options)
        self._tokens = tokens

    def check(self, request: ReceivedRequest) -> None:
        """Check who asks."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self._tokens:
            raise RequestRejected(
                "Request had invalid authentication credentials.", status=401
            )
        if "x-api-key" in request.headers:
            raise RequestRejected("API keys are not supported by this API.", status=401)

    def refusal(self, error: RequestRejected) -> Reply:
        """Return an error as Google words it."""
        status = STATUSES.get(error.status, "FAILED_PRECONDITION")
        inner = {"code": error.status, "message": error.message, "status": status}
        return json_reply(error.status, {"error": inner})
