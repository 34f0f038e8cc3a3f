"""Claude on Google Cloud as Anthropic serves it."""

from conversations.simulator.platforms.gateway import behind_the_door, without_prefix
from conversations.simulator.platforms.google_door import PROJECT, REGION, GoogleDoor
from conversations.simulator.wire import ReceivedRequest

WORKSPACE = "wrkspc_simulated"
INVOKE = f"/v1/projects/{PROJECT}/locations/{REGION}/workspaces/{WORKSPACE}/invoke"


class ClaudeOnGoogleSimulator(GoogleDoor):
    """The whole API behind a longer path."""

    def enter(self, request: ReceivedRequest) -> ReceivedRequest:
        """Return the request as Claude gets it."""
        self.check(request)
        return behind_the_door(request, without_prefix(request.path, INVOKE))
