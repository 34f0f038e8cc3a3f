"""From the bytes of a response to decoded events."""

import codecs
import json
from typing import NamedTuple, Protocol

import httpx

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

# The format is always UTF-8, whatever the header says, and may begin with a byte order
# mark (https://html.spec.whatwg.org/#parsing-an-event-stream).
_Utf8Decoder = codecs.getincrementaldecoder("utf-8-sig")


class Frame(NamedTuple):
    """One event of a stream before its data is read."""

    event: str
    data: str


class StreamDecoder(Protocol):
    """Cuts the bytes of one answer into frames, however they are split."""

    def feed(self, octets: bytes) -> list[Frame]:
        """Return the frames that these bytes complete. Raises MalformedEvent."""


class FrameDecoder:
    """Cuts a stream of events into frames, however its bytes are split."""

    def __init__(self) -> None:
        self._utf8 = _Utf8Decoder(errors="replace")
        self._ended_with_cr = False
        self._line: list[str] = []  # the pieces of the line that has not ended yet
        self._event = ""
        self._data: list[str] = []

    def feed(self, octets: bytes) -> list[Frame]:
        """Return the frames that these bytes complete."""
        first, *others = self._read(octets).split("\n")
        self._line.append(first)
        if not others:
            return []
        lines = ["".join(self._line), *others]
        self._line = [lines.pop()]
        return [frame for line in lines if (frame := self._take(line)) is not None]

    def _read(self, octets: bytes) -> str:
        """Return the next text, with every kind of line end as a line feed."""
        text = self._utf8.decode(octets)
        if not text:
            return ""
        # A line ends with its CR: to wait for what follows would hold a frame back.
        follows_cr, self._ended_with_cr = self._ended_with_cr, text[-1] == "\r"
        if follows_cr:
            text = text.removeprefix("\n")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text

    def _take(self, line: str) -> Frame | None:
        if not line:
            return self._complete()
        field, _, value = line.partition(":")
        if field == "data":
            self._data.append(value.removeprefix(" "))
        elif field == "event":
            self._event = value.removeprefix(" ")
        return None

    def _complete(self) -> Frame | None:
        if not (self._event or self._data):
            return None
        frame = Frame(self._event or "message", "\n".join(self._data))
        self._event, self._data = "", []
        return frame


def has_type(response: httpx.Response, expected: str) -> bool:
    """Tell whether the response says that it has a content type."""
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower() == expected


def decode(frame: Frame) -> Event | None:
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
