"""AWS's binary frames: written by hand, read by botocore's parser."""

import base64
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.claude import MalformedEvent
from conversations.claude.events import Frame
from conversations.claude.platforms.event_stream import EventStreamDecoder
from conversations.simulator.platforms.event_stream import encode_message
from tests.claude.wire import HELLO

EVENT = {":message-type": "event", ":event-type": "chunk"}


def chunk(event: Any) -> bytes:
    encoded = base64.b64encode(json.dumps(event).encode()).decode()
    return encode_message(EVENT, json.dumps({"bytes": encoded, "p": "ab"}).encode())


def exception(name: str, message: str) -> bytes:
    headers = {":message-type": "exception", ":exception-type": name}
    return encode_message(headers, json.dumps({"message": message}).encode())


@given(st.lists(st.integers(0, 2000), max_size=12))
def test_frames_are_the_same_however_the_bytes_are_split(cuts: list[int]) -> None:
    octets = b"".join(chunk(event) for event in HELLO)
    places = sorted({min(cut, len(octets)) for cut in cuts} | {0, len(octets)})
    decoder = EventStreamDecoder()

    frames = [
        frame
        for start, end in itertools.pairwise(places)
        for frame in decoder.feed(octets[start:end])
    ]

    assert frames == [Frame(event["type"], json.dumps(event)) for event in HELLO]


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("throttlingException", "rate_limit_error"),
        ("modelStreamErrorException", "api_error"),
        ("modelTimeoutException", "timeout_error"),
        ("serviceUnavailableException", "overloaded_error"),
        ("validationException", "invalid_request_error"),
        ("somethingNewException", "api_error"),
    ],
)
def test_an_exception_is_an_error_event(name: str, type_: str) -> None:
    [frame] = EventStreamDecoder().feed(exception(name, "Too much"))

    assert frame.event == "error"
    assert json.loads(frame.data)["error"] == {"type": type_, "message": "Too much"}


def test_an_error_without_a_body_still_says_something() -> None:
    headers = {":message-type": "error", ":error-code": "500", ":error-message": "Oh"}

    [frame] = EventStreamDecoder().feed(encode_message(headers, b""))

    assert json.loads(frame.data)["error"] == {"type": "api_error", "message": "Oh"}


@pytest.mark.parametrize("place", [5, 9, 20, 60, -1])
def test_one_wrong_bit_breaks_the_stream(place: int) -> None:
    octets = bytearray(chunk(HELLO[0]))
    octets[place] ^= 1

    with pytest.raises(MalformedEvent, match="event stream is broken"):
        EventStreamDecoder().feed(bytes(octets) + chunk(HELLO[1]) * 40)


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[]", b'{"bytes": 7}', b'{"bytes": ""}']
)
def test_events_that_hold_nothing_are_no_events(payload: bytes) -> None:
    frames = EventStreamDecoder().feed(encode_message(EVENT, payload))

    assert all(frame.data == "" for frame in frames)


def test_bytes_that_are_no_text_are_told() -> None:
    payload = json.dumps({"bytes": base64.b64encode(b"\xff").decode()}).encode()

    with pytest.raises(MalformedEvent, match="cannot be read"):
        EventStreamDecoder().feed(encode_message(EVENT, payload))
