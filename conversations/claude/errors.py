"""Everything that can go wrong between us and Claude, as one tree.

ClaudeError
├── ConnectionFailed            no answer: refused, reset, unresolved
│   └── ConnectionTimedOut      no answer in time
├── ErrorAnswer                 the API said no; also in the middle of a stream
│   ├── InvalidRequest          400 invalid_request_error
│   │   └── StreamingRequired   refused here: too long for one plain answer
│   ├── AuthenticationFailed    401 authentication_error
│   ├── BillingFailed           402 billing_error
│   ├── PermissionDenied        403 permission_error
│   ├── NotFound                404 not_found_error
│   ├── RequestTimedOut         408
│   ├── Conflicted              409 conflict_error
│   ├── RequestTooLarge         413 request_too_large
│   ├── RequestRejected         any other 4xx (422, 431, 499)
│   ├── RateLimited             429 rate_limit_error
│   │   └── SpendLimitReached   429 whose error_code says that waiting is no use
│   ├── UpstreamFailed          500, 502, 503 and the rest of 5xx, api_error
│   ├── UpstreamTimedOut        504 timeout_error
│   └── UpstreamOverloaded      529 overloaded_error
├── NotOffered                  never sent: the platform has no such thing
├── NotReady                    never sent: credentials or a package are missing
├── FileChanged                 given up: a file is not what was announced
├── Redirected                  3xx: the base URL is not the API's address
├── MalformedAnswer             200 without the JSON that was asked for
└── BrokenStream                200, but the stream is no proof of an answer
    ├── EmptyStream             no event at all, or JSON or HTML instead
    ├── StreamEndedEarly        the end came before message_stop
    ├── StreamStalled           silence, or nothing but pings, for too long
    └── MalformedEvent          an event that is no JSON, or out of order

Branch on the class, on `type` and on `error_code`, never on `message`: that
is the upstream's English, meant for people.
"""

from typing import ClassVar

from .secret import mask_keys
from .types import Json


class ClaudeError(Exception):
    """The API did not give what was asked for.

    `type` is the API's `error.type`, or a word of ours where the API said
    none. `status` is the HTTP status, 200 for an error inside a stream.
    `retryable` says that the same request may succeed later.
    """

    usual_type: ClassVar[str] = "unknown_error"
    usually_retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        type: str | None = None,
        status: int | None = None,
        error_code: str | None = None,
        request_id: str | None = None,
        retryable: bool | None = None,
        retry_after_seconds: float | None = None,
        details: Json | None = None,
    ) -> None:
        self.message = mask_keys(message)
        super().__init__(self.message)
        self.type = type or self.usual_type
        self.status = status
        self.error_code = error_code
        self.request_id = request_id
        self.retryable = self.usually_retryable if retryable is None else retryable
        self.retry_after_seconds = retry_after_seconds
        self.details = details or {}

    def __str__(self) -> str:
        facts = [self.type]
        if self.status is not None:
            facts.append(f"HTTP {self.status}")
        if self.request_id is not None:
            facts.append(self.request_id)
        return f"{self.message} ({', '.join(facts)})"


class ConnectionFailed(ClaudeError):
    """No answer came: refused, reset, unresolved."""

    usual_type = "connection_failed"
    usually_retryable = True


class ConnectionTimedOut(ConnectionFailed):
    """No answer came in time."""

    usual_type = "connection_timed_out"


class ErrorAnswer(ClaudeError):
    """The API answered with an error."""


class InvalidRequest(ErrorAnswer):
    """The request can never succeed as it is; the message says why."""

    usual_type = "invalid_request_error"


class StreamingRequired(InvalidRequest):
    """The answer may take too long for one plain response: stream it."""

    usual_type = "streaming_required"


class AuthenticationFailed(ErrorAnswer):
    """The key is missing or invalid."""

    usual_type = "authentication_error"


class BillingFailed(ErrorAnswer):
    """The account has to be paid for or topped up."""

    usual_type = "billing_error"


class PermissionDenied(ErrorAnswer):
    """The key lacks access to what was asked for."""

    usual_type = "permission_error"


class NotFound(ErrorAnswer):
    """The model, file or thread does not exist for this key."""

    usual_type = "not_found_error"


class RequestTimedOut(ErrorAnswer):
    """The upstream waited too long for our request."""

    usual_type = "request_timeout"
    usually_retryable = True


class Conflicted(ErrorAnswer):
    """Another change stood in the way."""

    usual_type = "conflict_error"
    usually_retryable = True


class RequestTooLarge(ErrorAnswer):
    """The request has too many bytes (32 MB for a message)."""

    usual_type = "request_too_large"


class RequestRejected(ErrorAnswer):
    """A 4xx without a row of its own."""

    usual_type = "request_rejected"


class RateLimited(ErrorAnswer):
    """Too much in too short a time; `retry_after_seconds` says how long to wait."""

    usual_type = "rate_limit_error"
    usually_retryable = True


class SpendLimitReached(RateLimited):
    """The money for this period is used up; waiting a little does not help."""

    usually_retryable = False


class UpstreamFailed(ErrorAnswer):
    """Something broke on the other side."""

    usual_type = "api_error"
    usually_retryable = True


class UpstreamTimedOut(ErrorAnswer):
    """The answer took longer than the upstream waits for itself."""

    usual_type = "timeout_error"
    usually_retryable = True


class UpstreamOverloaded(ErrorAnswer):
    """Too many people ask at once."""

    usual_type = "overloaded_error"
    usually_retryable = True


class NotOffered(ClaudeError):
    """The platform has no such endpoint or feature; nothing was sent."""

    usual_type = "not_offered"


class NotReady(ClaudeError):
    """Nothing could be sent: credentials or an optional package are missing here."""

    usual_type = "provider_not_ready"


class FileChanged(ClaudeError):
    """A file of the request is not what it was when the request was built."""

    usual_type = "file_changed"
    usually_retryable = True


class Redirected(ClaudeError):
    """The base URL redirects; a key is never sent after it."""

    usual_type = "redirected"


class MalformedAnswer(ClaudeError):
    """A success whose body is not the JSON that was asked for."""

    usual_type = "malformed_answer"
    usually_retryable = True


class BrokenStream(ClaudeError):
    """A success whose stream does not prove an answer."""

    usual_type = "broken_stream"
    usually_retryable = True


class EmptyStream(BrokenStream):
    """No event at all, or JSON or HTML in place of a stream."""

    usual_type = "empty_stream"


class StreamEndedEarly(BrokenStream):
    """The end came before message_stop."""

    usual_type = "stream_ended_early"


class StreamStalled(BrokenStream):
    """Silence, or nothing but pings, for too long."""

    usual_type = "stream_stalled"


class MalformedEvent(BrokenStream):
    """An event that is no JSON, or that cannot stand where it stands."""

    usual_type = "malformed_event"
