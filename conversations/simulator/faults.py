"""Errors that a scenario asks for instead of an answer."""

from collections import OrderedDict

from conversations.simulator.errors import RequestRejected
from conversations.simulator.scenarios import STATUSES, Scenario

MESSAGES = {
    400: "The simulator was asked to find this request invalid.",
    401: "invalid x-api-key",
    402: "Your credit balance is too low to access the Claude API.",
    403: "Your API key does not have permission to use the specified resource.",
    404: "The requested resource could not be found.",
    409: "The request conflicts with another one.",
    413: "Request exceeds the maximum size",
    429: "This request would exceed your organization's rate limit.",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "The request timed out. Use streaming for long requests.",
    529: "Overloaded",
}
REMEMBERED = 1000  # ours: identical bodies whose failures are counted


class Faults:
    """Plays errors; `times=N` counts for each identical request body."""

    def __init__(self) -> None:
        self._played: OrderedDict[bytes, int] = OrderedDict()

    def play(self, scenario: Scenario, body_digest: bytes) -> None:
        """Raise the error that the scenario asks for, unless it had its times."""
        if scenario.name not in STATUSES:
            return
        if "times" in scenario.options:
            played = self._played.get(body_digest, 0)
            if played >= scenario.number("times", 1):
                return
            self._played[body_digest] = played + 1
            if len(self._played) > REMEMBERED:
                self._played.popitem(last=False)
        raise _fault(int(scenario.name), scenario)


def _fault(status: int, scenario: Scenario) -> RequestRejected:
    details, headers = None, {}
    if code := scenario.options.get("code"):
        details = {"error_code": code}
    # A spend limit is not over after some seconds: no retry-after with it.
    if "retry-after" in scenario.options or (status == 429 and not code):
        headers["retry-after"] = scenario.options.get("retry-after", "1")
    if should_retry := scenario.options.get("should-retry"):
        headers["x-should-retry"] = should_retry
    return RequestRejected(
        MESSAGES[status], status=status, details=details, headers=headers
    )
