"""What the platforms on AWS have in common: who comes in, and how they are refused."""

from typing import Any, ClassVar

from conversations.simulator.errors import RequestRejected
from conversations.simulator.platforms.gateway import PlatformSimulator, json_reply
from conversations.simulator.platforms.sigv4 import AwsAccount, check_access
from conversations.simulator.wire import ReceivedRequest, Reply


class AwsDoor(PlatformSimulator):
    """Lets in who has signed, or has the platform's key."""

    service: ClassVar[str]

    def __init__(self, *, account: AwsAccount | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.account = account or AwsAccount(self.service)

    def check(self, request: ReceivedRequest) -> None:
        """Check who asks."""
        check_access(request, self.account, self._clock())

    def refusal(self, error: RequestRejected) -> Reply:
        """Return an error as AWS words it: a message and, in a header, its class."""
        headers = {
            "x-amzn-requestid": "aws-at-the-door",
            "x-amzn-errortype": "ValidationException",
            **error.headers,
        }
        return json_reply(error.status, {"message": error.message}, headers)
