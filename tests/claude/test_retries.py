"""Retries: how often, how long, and when not."""

import httpx
import pytest

from conversations.claude import (
    ClaudeClient,
    ClaudeError,
    ConnectionFailed,
    ConnectionTimedOut,
    Provider,
    RateLimited,
    Retries,
    Retry,
    UpstreamFailed,
    UpstreamOverloaded,
)
from conversations.claude.retries import (
    MAX_RETRIES,
    delay_before_retry,
    retry_after_seconds,
)

from .wire import (
    HELLO,
    PARAMS,
    Answer,
    ScriptedTransport,
    Sleeper,
    answered,
    client_for,
    read,
    sse,
    streamed,
)

OVERLOADED = {"error": {"type": "overloaded_error", "message": "Busy"}}


def _overloaded(**headers: str) -> Answer:
    return answered(OVERLOADED, 529, **headers)


async def test_two_retries_then_the_answer() -> None:
    sleep = Sleeper()
    refused = httpx.ConnectError("refused")
    client, transport = client_for(
        _overloaded(), refused, streamed(sse(*HELLO)), sleep=sleep
    )

    assert await read(client) == HELLO
    assert sleep.delays == [0.5, 1.0]
    assert transport.bodies == [{**PARAMS, "stream": True}] * 3


async def test_the_fifth_failure_is_final() -> None:
    sleep = Sleeper()
    client, transport = client_for(
        *[_overloaded()] * 5, sleep=sleep, max_retries=MAX_RETRIES
    )

    with pytest.raises(UpstreamOverloaded):
        await read(client)

    assert (len(transport.requests), sleep.delays) == (5, [0.5, 1.0, 2.0, 4.0])


async def test_all_parts_of_one_piece_of_work_share_its_limit() -> None:
    client, transport = client_for(*[_overloaded()] * 4, max_retries=2)
    retries = client.retries()

    for requests in (3, 4):
        with pytest.raises(UpstreamOverloaded):
            async with client.stream(PARAMS, retries=retries):
                pass
        assert len(transport.requests) == requests


def test_nothing_is_tried_for_longer_than_ten_minutes() -> None:
    now = [0.0]
    retries = Retries(9, sleep=Sleeper(), random=lambda: 0.0, clock=lambda: now[0])

    now[0] = 590.0
    late = retries.next(ConnectionTimedOut(""))
    now[0] = 600.0
    too_late = retries.next(ConnectionTimedOut(""))

    assert late is not None
    assert (late.attempt, late.limit, too_late) == (1, 9, None)


async def test_on_retry_is_told_before_each_wait() -> None:
    told: list[object] = []

    async def sleep(delay_seconds: float) -> None:
        told.append(delay_seconds)

    client = ClaudeClient(
        Provider(),
        transport=ScriptedTransport(
            _overloaded(retry_after="3"), _overloaded(), streamed(sse(*HELLO))
        ),
        sleep=sleep,
        random=lambda: 1.0,
    )

    async with client.stream(PARAMS, retries=client.retries(told.append)):
        pass

    first, first_wait, second, second_wait = told
    assert isinstance(first, Retry)
    assert isinstance(second, Retry)
    assert (first.attempt, first.delay_seconds, first_wait) == (1, 5.0, 5.0)
    assert (second.attempt, second.delay_seconds, second_wait) == (2, 0.5, 0.5)
    assert isinstance(first.error, UpstreamOverloaded)
    assert (first.limit, second.limit) == (MAX_RETRIES, MAX_RETRIES)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 431, 499])
async def test_what_cannot_get_better_is_sent_once(status: int) -> None:
    client, transport = client_for(Answer(status=status))

    with pytest.raises(ClaudeError):
        await read(client)

    assert len(transport.requests) == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
async def test_what_may_get_better_is_sent_again(status: int) -> None:
    client, _ = client_for(Answer(status=status), streamed(sse(*HELLO)))

    assert await read(client) == HELLO


@pytest.mark.parametrize(
    ("status", "verdict", "requests"), [(400, "true", 3), (529, "false", 1)]
)
async def test_the_server_may_overrule(
    status: int, verdict: str, requests: int
) -> None:
    answer = Answer(status=status, headers={"x-should-retry": verdict})
    client, transport = client_for(*[answer] * 3)

    with pytest.raises(ClaudeError):
        await read(client)

    assert len(transport.requests) == requests


async def test_a_reached_spend_limit_is_not_waited_for() -> None:
    details = {"error_code": "enforced_spend_limit_reached"}
    body = {"error": {"type": "rate_limit_error", "message": "", "details": details}}
    client, transport = client_for(answered(body, 429))

    with pytest.raises(RateLimited):
        await read(client)

    assert len(transport.requests) == 1


async def test_a_long_wait_is_left_to_the_person() -> None:
    sleep = Sleeper()
    answer = Answer(status=429, headers={"retry-after": "3600"})
    client, _ = client_for(answer, sleep=sleep)

    with pytest.raises(RateLimited) as caught:
        await read(client)

    assert (caught.value.retry_after_seconds, caught.value.retryable) == (3600, True)
    assert sleep.delays == []


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("refused"), ConnectionFailed),
        (httpx.RemoteProtocolError("disconnected"), ConnectionFailed),
        (httpx.ConnectTimeout("late"), ConnectionTimedOut),
        (httpx.ReadTimeout("late"), ConnectionTimedOut),
    ],
)
async def test_connections_are_tried_three_times(
    failure: Exception, kind: type[ClaudeError]
) -> None:
    client, transport = client_for(failure, failure, failure)

    with pytest.raises(ClaudeError) as caught:
        await read(client)

    assert type(caught.value) is kind
    assert len(transport.requests) == 3


async def test_the_slot_is_free_during_a_wait() -> None:
    busy: list[str] = []

    async def sleep(_delay_seconds: float) -> None:
        busy.append("asleep")
        assert await client.count_tokens(PARAMS) == 7

    client = ClaudeClient(
        Provider(),
        transport=ScriptedTransport(
            _overloaded(), answered({"input_tokens": 7}), streamed(sse(*HELLO))
        ),
        sleep=sleep,
        max_concurrent=1,
    )

    assert await read(client) == HELLO
    assert busy == ["asleep"]


def test_delays_double_up_to_eight_seconds_and_jitter_shortens() -> None:
    error = UpstreamFailed("")

    delays = [delay_before_retry(error, retries, lambda: 0.0) for retries in range(6)]

    assert delays == [0.5, 1, 2, 4, 8, 8]
    assert delay_before_retry(error, 0, lambda: 1.0) == 0.25
    assert delay_before_retry(error, 10_000, lambda: 0.5) == 6.0


@pytest.mark.parametrize(
    ("asked", "longest"), [(0.1, 0.65), (2.0, 3.5), (9.0, 14.0), (120.0, 125.0)]
)
def test_a_wait_that_was_asked_for_is_drawn_out_and_never_shortened(
    asked: float, longest: float
) -> None:
    error = UpstreamOverloaded("", retry_after_seconds=asked)

    shortest = delay_before_retry(error, 0, lambda: 0.0)

    assert shortest == asked
    assert delay_before_retry(error, 0, lambda: 1.0) == pytest.approx(longest)


# 22 Nov 2026, 12:00:00 UTC
NOON = 1_795_348_800.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "2"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:59:30 GMT"}, None),
        ({"retry-after": "Sun, 22 Nov 99999999999999999999 11:59:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_the_wait_that_the_server_asks_for(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_seconds(headers, NOON) == seconds
