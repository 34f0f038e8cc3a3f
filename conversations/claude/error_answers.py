"""From an error answer of the API, or of something before it, to a ClaudeError."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .errors import (
    AuthenticationFailed,
    BillingFailed,
    ClaudeError,
    Conflicted,
    ErrorAnswer,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    Redirected,
    RequestRejected,
    RequestTimedOut,
    RequestTooLarge,
    SpendLimitReached,
    UpstreamFailed,
    UpstreamOverloaded,
    UpstreamTimedOut,
)
from .retries import is_retryable_status, retry_after_seconds
from .secret import Secret, mask_keys
from .types import Json

SPEND_LIMIT_CODES = frozenset(
    {"enforced_spend_limit_reached", "contract_spend_limit_reached"}
)
LONGEST_PLAIN_MESSAGE = 300  # characters of a body that is no JSON

_BY_TYPE: dict[str, type[ErrorAnswer]] = {
    kind.usual_type: kind
    for kind in (
        InvalidRequest,
        AuthenticationFailed,
        BillingFailed,
        PermissionDenied,
        NotFound,
        Conflicted,
        RequestTooLarge,
        RateLimited,
        UpstreamFailed,
        UpstreamTimedOut,
        UpstreamOverloaded,
    )
}
_BY_STATUS: dict[int, type[ErrorAnswer]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    402: BillingFailed,
    403: PermissionDenied,
    404: NotFound,
    408: RequestTimedOut,
    409: Conflicted,
    413: RequestTooLarge,
    429: RateLimited,
    504: UpstreamTimedOut,
    529: UpstreamOverloaded,
}


def error_from_answer(
    status: int, headers: Mapping[str, str], body: str, secret: Secret | None = None
) -> ClaudeError:
    """Return the error that this answer means; `status` is not a success."""
    if status < 400:
        return _redirected(status, headers)
    body = mask_keys(body, secret)
    answer = _parse(body)
    error = answer.get("error")
    if not isinstance(error, dict):
        error = {"message": error or answer.get("message") or _plain_text(body)}
    return _build(
        error,
        status=status,
        request_id=request_id_in(headers) or _text(answer.get("request_id")),
        retryable=is_retryable_status(status, headers),
        retry_after=retry_after_seconds(headers, time.time()),
    )


def error_in_success(
    body: str, request_id: str | None, secret: Secret | None = None
) -> ErrorAnswer | None:
    """Return the error object that a success holds, such as an `error` event."""
    answer = _parse(mask_keys(body, secret))
    error = answer.get("error")
    if not isinstance(error, dict):
        return None
    return _build(
        error,
        status=200,
        request_id=request_id or _text(answer.get("request_id")),
        retryable=None,
        retry_after=None,
    )


def request_id_in(headers: Mapping[str, str]) -> str | None:
    """Return what the platform calls the request: ours to log, theirs to look up."""
    return headers.get("request-id") or headers.get("x-amzn-requestid")


def _build(
    error: Json,
    *,
    status: int,
    request_id: str | None,
    retryable: bool | None,
    retry_after: float | None,
) -> ErrorAnswer:
    type_ = _text(error.get("type"))
    details = error.get("details")
    details = details if isinstance(details, dict) else {}
    error_code = _text(details.get("error_code"))
    kind = _kind(type_, status)
    if kind is RateLimited and error_code in SPEND_LIMIT_CODES:
        kind, retryable = SpendLimitReached, False
    return kind(
        _text(error.get("message")) or f"HTTP status {status} without a reason",
        type=type_,
        status=status,
        error_code=error_code,
        request_id=request_id,
        retryable=retryable,
        retry_after_seconds=retry_after,
        details=details,
    )


def _kind(type_: str | None, status: int) -> type[ErrorAnswer]:
    if type_ in _BY_TYPE:
        return _BY_TYPE[type_]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return RequestRejected if 400 <= status < 500 else UpstreamFailed


def _redirected(status: int, headers: Mapping[str, str]) -> Redirected:
    target = urlsplit(headers.get("location", ""))
    # Only the place: a query may hold what nobody should read in a log.
    where = f" to {target.scheme}://{target.hostname}" if target.hostname else ""
    return Redirected(
        f"The base URL redirects{where}; set it to the address of the API itself",
        status=status,
        request_id=request_id_in(headers),
    )


def _parse(body: str) -> Json:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(answer, list) and answer:
        answer = answer[0]  # Google's way for a streamed answer
    return answer if isinstance(answer, dict) else {}


def _plain_text(body: str) -> str:
    # A page of a proxy is no sentence for people; its status says as much.
    text = body.strip()
    return "" if text[:1] in ("<", "{", "[") else text[:LONGEST_PLAIN_MESSAGE]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
