"""From the bytes of a response to decoded events."""

import json
from collections.abc import AsyncGenerator

import httpx
from httpx_sse import EventSource, ServerSentEvent

from .errors import MalformedEvent
from .types import Event

EVENT_STREAM = "text/event-stream"
KNOWN_EVENTS = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "message",  # no name was sent: some gateways leave it out
    }
)


def is_event_stream(response: httpx.Response) -> bool:
    """Tell whether the response says that it is a stream of events."""
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower() == EVENT_STREAM


def frames(response: httpx.Response) -> AsyncGenerator[ServerSentEvent]:
    """Return the frames of a stream as they arrive."""
    # The format is always UTF-8, whatever the header says, and may begin with
    # a byte order mark (https://html.spec.whatwg.org/#parsing-an-event-stream).
    response.encoding = "utf-8-sig"
    # The decoder knows the name in small letters only.
    response.headers["content-type"] = EVENT_STREAM
    return EventSource(response).aiter_sse()


def decode(frame: ServerSentEvent) -> Event | None:
    """Return the event in a frame; None for a frame that means nothing to us.

    Raises MalformedEvent when an event that we need cannot be read.
    """
    try:
        event = json.loads(frame.data)
    except (ValueError, RecursionError):
        event = None
    if isinstance(event, dict) and isinstance(event.get("type"), str):
        return event
    # OpenAI-shaped gateways end with [DONE].
    if frame.event not in KNOWN_EVENTS or frame.data in ("", "[DONE]"):
        return None
    raise MalformedEvent(f"The event {frame.event} holds no JSON object with a type")
