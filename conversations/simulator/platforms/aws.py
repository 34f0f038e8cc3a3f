"""Claude Platform on AWS."""

from dataclasses import replace

from conversations.simulator.errors import RequestRejected
from conversations.simulator.platforms.aws_door import AwsDoor
from conversations.simulator.platforms.features import read_body, refuse_lacking
from conversations.simulator.platforms.gateway import behind_the_door
from conversations.simulator.wire import ReceivedRequest, Reply

WORKSPACE = "wrkspc_simulated"


class ClaudeOnAwsSimulator(AwsDoor):
    """The whole API but fast mode, for one workspace."""

    service = "aws-external-anthropic"

    def enter(self, request: ReceivedRequest) -> ReceivedRequest:
        """Return the request as Claude gets it."""
        self.check(request)
        if request.headers.get("anthropic-workspace-id") != WORKSPACE:
            raise RequestRejected(
                "anthropic-workspace-id: unknown workspace", status=403
            )
        if request.raw_body:
            refuse_lacking(read_body(request), ("fast_mode",))
        return behind_the_door(request, request.path)

    def leave(self, reply: Reply) -> Reply:
        """Return the reply with AWS's name for it beside Claude's."""
        return replace(reply, headers={**reply.headers, "x-amzn-requestid": "aws-1"})
