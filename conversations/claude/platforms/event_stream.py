"""AWS's binary stream of events, cut by botocore's parser."""

import base64
import binascii
import json
from typing import Any

from conversations.claude.errors import MalformedEvent
from conversations.claude.events import Frame

from .extras import load

EVENT_STREAM = "application/vnd.amazon.eventstream"

# Bedrock's names for what breaks a stream, as the Claude API names it.
_ERROR_TYPES = {
    "accessDeniedException": "permission_error",
    "internalServerException": "api_error",
    "modelStreamErrorException": "api_error",
    "modelTimeoutException": "timeout_error",
    "serviceUnavailableException": "overloaded_error",
    "throttlingException": "rate_limit_error",
    "validationException": "invalid_request_error",
}


class EventStreamDecoder:
    """Each chunk holds one event of the Claude API; an exception becomes its `error`."""

    def __init__(self) -> None:
        module = load("botocore.eventstream", "aws")
        self._buffer = module.EventStreamBuffer()
        self._broken: tuple[type[Exception], ...] = (module.ParserError,)

    def feed(self, octets: bytes) -> list[Frame]:
        """Return the frames that these bytes complete. Raises MalformedEvent."""
        self._buffer.add_data(octets)
        try:
            messages = list(self._buffer)
        except self._broken as error:
            raise MalformedEvent(f"The event stream is broken: {error}") from None
        return [frame for item in messages if (frame := _frame(item)) is not None]


def _frame(message: Any) -> Frame | None:
    headers: dict[str, Any] = message.headers
    payload = _object(message.payload)
    if headers.get(":message-type") != "event":
        return _error_frame(headers, payload)
    encoded = payload.get("bytes")
    if not isinstance(encoded, str):
        return None
    try:
        data = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise MalformedEvent(f"An event cannot be read: {error}") from None
    return Frame(str(_object(data.encode()).get("type") or "message"), data)


def _error_frame(headers: dict[str, Any], payload: dict[str, Any]) -> Frame:
    name = str(headers.get(":exception-type") or headers.get(":error-code") or "")
    said = payload.get("message") or headers.get(":error-message") or name
    error = {"type": _ERROR_TYPES.get(name, "api_error"), "message": str(said)}
    return Frame("error", json.dumps({"type": "error", "error": error}))


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
