"""The refusals of the simulated API, shaped as Claude shapes them."""

from typing import Any

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class RequestRejected(Exception):
    """A request that is answered with an error status instead of a message."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.details = details
        self.headers = headers or {}

    @property
    def type(self) -> str:
        """The `error.type` that belongs to the status."""
        return ERROR_TYPES.get(self.status, "api_error")


class ConnectionCut(Exception):
    """The simulated connection broke in the middle of an answer."""


def invalid(path: str, problem: str) -> RequestRejected:
    """Make the 400 for the field at `path`, such as `messages.2.content.0`."""
    return RequestRejected(f"{path}: {problem}")
