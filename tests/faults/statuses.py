"""Statuses: every one of the API, with its own body and with those of things between."""

from .scripts import ATTEMPTS, Script, failed
from .wire import Attempt, answered, refused

PAGE = b"<!doctype html><html><title>Bad gateway</title><h1>nginx</h1></html>"

# status -> the API's type, our type, what a person can do, whether it is tried again
STATUSES = {
    400: ("invalid_request_error", "invalid_request_error", "none", False),
    401: ("authentication_error", "authentication_error", "ask_admin", False),
    402: ("billing_error", "billing_error", "ask_admin", False),
    403: ("permission_error", "permission_error", "ask_admin", False),
    404: ("not_found_error", "not_found_error", "change_model", False),
    408: ("", "request_timeout", "retry", True),
    409: ("conflict_error", "conflict_error", "retry", True),
    413: ("request_too_large", "request_too_large", "shorten", False),
    422: ("", "request_rejected", "retry", False),
    429: ("rate_limit_error", "rate_limit_error", "wait", True),
    431: ("", "request_rejected", "retry", False),
    499: ("", "request_rejected", "retry", False),
    500: ("api_error", "api_error", "retry", True),
    502: ("api_error", "api_error", "retry", True),
    503: ("api_error", "api_error", "retry", True),
    504: ("timeout_error", "timeout_error", "retry", True),
    529: ("overloaded_error", "overloaded_error", "retry", True),
}


def _bodies(status: int, kind: str) -> dict[str, Attempt]:
    error = {"type": "error", "error": {"type": kind, "message": "No."}}
    return {
        "json": refused(status, kind) if kind else answered({"detail": "No."}, status),
        "html": answered(PAGE, status, "text/html"),
        "empty": answered(b"", status),
        "mislabelled": answered(error if kind else b"No.", status, "text/event-stream"),
    }


def _scripts() -> list[Script]:
    return [
        failed(
            f"{status}-{body}",
            attempt,
            error=error,
            action=action,
            requests=ATTEMPTS if is_tried_again else 1,
        )
        for status, (kind, error, action, is_tried_again) in STATUSES.items()
        for body, attempt in _bodies(status, kind).items()
    ]


SCRIPTS = _scripts()
