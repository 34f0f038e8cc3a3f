"""Streaming: what arrives as events, and what counts as a failure."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from conversations.claude import (
    BrokenStream,
    ClaudeError,
    EmptyStream,
    MalformedEvent,
    RateLimited,
    StreamEndedEarly,
    StreamStalled,
    UpstreamFailed,
    UpstreamOverloaded,
)

from .wire import (
    HELLO,
    KEY,
    PARAMS,
    START,
    STOP,
    Answer,
    Sleeper,
    answered,
    client_for,
    read,
    sse,
    streamed,
)

PING = {"type": "ping"}


async def _silence() -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


async def _pings() -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0.005)
        yield sse(PING)


async def _comments() -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0.005)
        yield b": still here\n\n"


async def test_events_arrive_verbatim_without_pings() -> None:
    client, transport = client_for(streamed(sse(PING, *HELLO[:3], PING, *HELLO[3:])))

    events = await read(client)

    assert events == HELLO
    assert transport.bodies == [{**PARAMS, "stream": True}]


async def test_an_event_arrives_before_the_stream_ends() -> None:
    answer = streamed(sse(START))
    answer.waits_at_end = _silence()
    client, _ = client_for(answer)

    async with client.stream(PARAMS) as stream:
        assert await anext(stream) == [START]

    assert answer.is_closed


async def test_events_that_came_together_are_given_together() -> None:
    client, _ = client_for(streamed(sse(*HELLO[:2]), sse(PING), sse(*HELLO[2:])))

    async with client.stream(PARAMS) as stream:
        assert [events async for events in stream] == [HELLO[:2], HELLO[2:]]


async def test_what_came_before_an_error_is_given_first() -> None:
    client, _ = client_for(streamed(sse(START) + b"data: {broken\n\n"))

    async with client.stream(PARAMS) as stream:
        assert await anext(stream) == [START]
        with pytest.raises(MalformedEvent):
            await anext(stream)


async def test_request_id_and_headers_are_there_on_entering() -> None:
    client, _ = client_for(streamed(sse(*HELLO), **{"request-id": "req_1"}))

    async with client.stream(PARAMS) as stream:
        assert stream.request_id == "req_1"
        assert stream.headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_any_split_of_the_bytes_gives_the_same_events(
    size: int, newline: str
) -> None:
    body = b"\xef\xbb\xbf: hi" + newline.encode() + sse(*HELLO, newline=newline)
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    client, _ = client_for(streamed(*chunks))

    assert await read(client) == HELLO


async def test_the_body_is_utf8_whatever_the_header_says() -> None:
    answer = streamed(sse(*HELLO))
    answer.headers["content-type"] = "text/event-stream; charset=latin-1"
    client, _ = client_for(answer)

    assert await read(client) == HELLO


async def test_data_on_several_lines_is_joined() -> None:
    start = b'event: message_stop\ndata: {"type":\ndata: "message_stop"}\n\n'
    client, _ = client_for(streamed(start))

    assert await read(client) == [STOP]


async def test_unknown_events_pass_and_unreadable_unknown_ones_do_not() -> None:
    news = {"type": "news", "text": "something new"}
    noise = b"event: noise\ndata: no json\n\nevent: noise\ndata: []\n\n"
    client, _ = client_for(streamed(sse(START, news) + noise + sse(STOP)))

    assert await read(client) == [START, news, STOP]


async def test_frames_without_a_name_count_by_their_type() -> None:
    frames = b'data: {"type": "message_stop"}\n\ndata: [DONE]\n\n'
    client, _ = client_for(streamed(b"data: [DONE]\n\nid: 7\n\n" + frames))

    assert await read(client) == [STOP]


@pytest.mark.parametrize(
    "frame",
    [
        b"event: content_block_delta\ndata: {broken\n\n",
        b"event: content_block_delta\ndata: []\n\n",
        b'event: content_block_delta\ndata: {"index": 0}\n\n',
        b"event: content_block_delta\ndata: " + b"[" * 100_000 + b"\n\n",
        b"data: {broken\n\n",
    ],
)
async def test_an_unreadable_event_is_malformed(frame: bytes) -> None:
    client, _ = client_for(streamed(sse(START) + frame, **{"request-id": "req_1"}))

    with pytest.raises(MalformedEvent) as caught:
        await read(client)

    assert (caught.value.request_id, caught.value.retryable) == ("req_1", True)


async def test_an_end_without_message_stop_is_early() -> None:
    client, transport = client_for(streamed(sse(*HELLO[:-1])))

    with pytest.raises(StreamEndedEarly) as caught:
        await read(client)

    assert (caught.value.status, caught.value.retryable) == (200, True)
    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.RemoteProtocolError("incomplete chunked read"), StreamEndedEarly),
        (httpx.ReadError("reset"), StreamEndedEarly),
        (httpx.ReadTimeout("silent"), StreamStalled),
    ],
)
async def test_a_failure_after_the_first_event_is_never_retried(
    failure: Exception, expected: type[ClaudeError]
) -> None:
    client, transport = client_for(streamed(sse(START), failure))

    with pytest.raises(expected):
        await read(client)

    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx.RemoteProtocolError("incomplete chunked read"), StreamEndedEarly),
        (httpx.DecodingError("no gzip"), MalformedEvent),
        (httpx.ReadTimeout("silent"), StreamStalled),
    ],
)
async def test_a_failure_before_the_first_event_is_retried(
    failure: Exception, expected: type[ClaudeError]
) -> None:
    answers = [streamed(b": hello\n\n", failure) for _ in range(3)]
    client, transport = client_for(*answers)

    with pytest.raises(expected):
        await read(client)

    assert len(transport.requests) == 3
    assert [answer.is_closed for answer in answers] == [True, True, True]


@pytest.mark.parametrize(
    "empty",
    [
        streamed(),
        streamed(b": only a comment\n\n"),
        streamed(b'event: message_start\ndata: {"type"'),
        answered({"type": "message", "content": []}),
        Answer([b"<html>A login page</html>"], headers={"content-type": "text/html"}),
        Answer(),
        Answer(status=204),
    ],
)
async def test_a_success_without_events_is_an_empty_stream(empty: Answer) -> None:
    client, _ = client_for(empty, max_retries=0)

    with pytest.raises(EmptyStream) as caught:
        await read(client)

    assert caught.value.retryable


async def test_an_empty_stream_is_tried_again() -> None:
    client, _ = client_for(streamed(), streamed(sse(*HELLO)))

    assert await read(client) == HELLO


async def test_an_error_object_instead_of_a_stream_is_that_error() -> None:
    body = {"error": {"type": "rate_limit_error", "message": "Slow"}}
    client, _ = client_for(answered(body), max_retries=0)

    with pytest.raises(RateLimited, match="Slow"):
        await read(client)


async def test_an_error_event_is_raised_with_the_request_id() -> None:
    error = {
        "type": "error",
        "error": {
            "type": "overloaded_error",
            "message": f"Overloaded {KEY}",
            "details": {"error_code": "compaction_unavailable"},
        },
    }
    client, transport = client_for(
        streamed(sse(START, error), **{"request-id": "req_1"})
    )

    with pytest.raises(UpstreamOverloaded) as caught:
        await read(client)

    assert vars(caught.value) == {
        "message": "Overloaded [key]",
        "type": "overloaded_error",
        "status": 200,
        "error_code": "compaction_unavailable",
        "request_id": "req_1",
        "retryable": True,
        "retry_after_seconds": None,
        "details": {"error_code": "compaction_unavailable"},
    }
    assert len(transport.requests) == 1


@pytest.mark.parametrize("data", [b"{broken", b'{"type": "error"}'])
async def test_an_error_event_without_a_reason_is_an_error_all_the_same(
    data: bytes,
) -> None:
    client, transport = client_for(streamed(b"event: error\ndata: " + data + b"\n\n"))

    with pytest.raises(UpstreamFailed):
        await read(client)

    # The first event has arrived, so the client does not try again.
    assert len(transport.requests) == 1


@pytest.mark.parametrize("noise", [_silence, _pings, _comments])
async def test_a_stream_that_brings_nothing_is_stalled(
    noise: Callable[[], AsyncIterator[bytes]],
) -> None:
    answer = streamed(sse(START))
    answer.waits_at_end = noise()
    client, _ = client_for(answer, stall_seconds=0.02)

    with pytest.raises(StreamStalled):
        await read(client)

    assert answer.is_closed


async def test_pings_are_a_sign_of_life() -> None:
    async def server_tool_runs() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0.2)
            yield sse(PING)
        yield sse(*HELLO[1:])

    answer = streamed(sse(START))
    answer.waits_at_end = server_tool_runs()
    client, _ = client_for(answer, stall_seconds=0.5)

    assert await read(client) == HELLO


async def test_a_stream_that_never_begins_is_stalled_and_tried_again() -> None:
    answer = streamed()
    answer.waits_at_end = _silence()
    sleep = Sleeper()
    client, _ = client_for(
        answer, streamed(sse(*HELLO)), stall_seconds=0.02, sleep=sleep
    )

    assert await read(client) == HELLO
    assert sleep.delays == [0.5]


async def test_what_follows_message_stop_does_no_harm() -> None:
    late = httpx.ReadError("reset")
    client, _ = client_for(streamed(sse(*HELLO), sse(PING), late))

    assert await read(client) == HELLO


async def test_cancelling_closes_the_connection_and_frees_the_slot() -> None:
    answer = streamed(sse(START))
    answer.waits_at_end = _silence()
    client, _ = client_for(answer, streamed(sse(*HELLO)), max_concurrent=1)
    task = asyncio.create_task(read(client))
    await asyncio.sleep(0.01)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert answer.is_closed
    assert await read(client) == HELLO


async def test_no_more_requests_at_once_than_allowed() -> None:
    client, transport = client_for(
        streamed(sse(*HELLO)), streamed(sse(*HELLO)), max_concurrent=1
    )

    async with client.stream(PARAMS):
        second = asyncio.create_task(read(client))
        await asyncio.sleep(0.01)
        assert len(transport.requests) == 1

    assert await second == HELLO


def test_every_broken_stream_may_be_tried_again() -> None:
    kinds = BrokenStream.__subclasses__()

    assert {kind.__name__: kind("").retryable for kind in kinds} == {
        "EmptyStream": True,
        "StreamEndedEarly": True,
        "StreamStalled": True,
        "MalformedEvent": True,
    }


async def test_events_that_mean_nothing_are_no_sign_of_life_for_ever() -> None:
    async def weather() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.005)
            yield b'event: weather\ndata: {"type": "weather"}\n\n'

    answer = streamed(sse(START))
    answer.waits_at_end = weather()
    client, _ = client_for(answer, stall_seconds=0.02)

    with pytest.raises(StreamStalled):
        await read(client)


async def test_the_name_of_the_content_type_may_be_spelled_in_any_way() -> None:
    answer = streamed(sse(*HELLO), **{"content-type": "Text/EVENT-stream"})
    client, _ = client_for(answer)

    assert await read(client) == HELLO


async def test_a_request_id_of_a_page_is_cut_off() -> None:
    client, _ = client_for(streamed(sse(*HELLO), **{"request-id": "r" * 5_000}))

    async with client.stream(PARAMS) as stream:
        assert stream.request_id == "r" * 200
