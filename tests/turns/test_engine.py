"""The loop of rounds, driven by lists of events."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from conversations.claude import (
    ClaudeClient,
    InvalidRequest,
    MalformedEvent,
    Provider,
    StreamEndedEarly,
    UpstreamOverloaded,
)
from conversations.claude.retries import MAX_RETRIES
from conversations.turns.engine import (
    MAX_ATTEMPTS,
    MAX_ROUNDS,
    AttemptFailed,
    RoundFinished,
    RoundStarted,
    Step,
    Streamed,
    ToolNotOffered,
    TooManyRounds,
    is_shown,
    run_turn,
)
from tests.turns.scripted import (
    Script,
    ScriptedClient,
    answer,
    block,
    ended,
    started,
    text,
)


class Waits:
    """Sleeps without time; remembers how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class BusyClient(ClaudeClient):
    """Refuses some requests before the first event, and breaks the others after it."""

    def __init__(self, busy: int, broken: int) -> None:
        answers = ["busy"] * busy + ["broken"] * broken
        self.requests: list[str] = []

        def answer(_request: httpx.Request) -> httpx.Response:
            self.requests.append(kind := answers.pop(0))
            if kind == "busy":
                return httpx.Response(529)
            start = f"event: message_start\ndata: {json.dumps(started())}\n\n"
            headers = {"content-type": "text/event-stream"}
            return httpx.Response(200, headers=headers, text=start)

        transport = httpx.MockTransport(answer)
        super().__init__(Provider(), transport=transport, sleep=Waits())


def params() -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


async def play(client: ClaudeClient) -> list[Step]:
    return [step async for step in run_turn(client, params())]


async def test_one_round_streams_and_finishes() -> None:
    client = ScriptedClient(answer("Hel", "lo"))

    steps = await play(client)

    started_ = steps[0]
    assert isinstance(started_, RoundStarted)
    assert started_.snapshot.blocks == [{"type": "text", "text": "Hello"}]
    assert steps[-1] == RoundFinished(is_last=True)
    assert client.closed_streams == 1


async def test_pause_sends_the_answer_back_unchanged_and_goes_on() -> None:
    client = ScriptedClient(
        answer("Part one. ", stop_reason="pause_turn"), answer("Part two.")
    )

    steps = await play(client)

    assert [step for step in steps if isinstance(step, RoundFinished)] == [
        RoundFinished(is_last=False),
        RoundFinished(is_last=True),
    ]
    assert client.requests[1]["messages"] == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "Part one. "}]},
    ]


async def test_endless_pauses_are_given_up() -> None:
    pause = [answer("…", stop_reason="pause_turn") for _ in range(MAX_ROUNDS)]
    client = ScriptedClient(*pause)

    with pytest.raises(TooManyRounds):
        await play(client)

    assert len(client.requests) == MAX_ROUNDS


async def test_break_before_the_first_delta_is_tried_again() -> None:
    waits = Waits()
    client = ScriptedClient(
        [started("msg_lost"), UpstreamOverloaded("busy")], answer("Hello"), sleep=waits
    )

    steps = await play(client)

    failed = [step for step in steps if isinstance(step, AttemptFailed)]
    told = [(step.attempt, step.limit, step.delay_seconds) for step in failed]
    assert told == [(1, MAX_RETRIES, 0.5)]
    assert waits.seconds == [0.5]
    assert [step.attempt for step in steps if isinstance(step, RoundStarted)] == [1, 2]
    assert steps[-1] == RoundFinished(is_last=True)


async def test_what_comes_before_a_broken_event_counts() -> None:
    broken = {"type": "content_block_stop", "index": 7}
    events = [started(), *text(0, "Hel")[:2], broken, *text(0, "lo")]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    headers = {"content-type": "text/event-stream", "request-id": "req_1"}
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers=headers, text=body)
    )
    steps = run_turn(ClaudeClient(Provider(), transport=transport), params())
    came: list[Step] = [await anext(steps) for _ in range(3)]

    with pytest.raises(MalformedEvent) as caught:
        await anext(steps)

    assert came[2] == Streamed(events[:3])
    assert caught.value.request_id == "req_1"


async def test_break_after_the_first_delta_is_never_tried_again() -> None:
    client = ScriptedClient(
        [started(), *text(0, "Hel")[:2], StreamEndedEarly("cut")], answer("Hello")
    )

    with pytest.raises(StreamEndedEarly):
        await play(client)

    assert len(client.requests) == 1


async def test_thinking_counts_as_shown() -> None:
    thought = block(
        0,
        {"type": "thinking", "thinking": ""},
        {"type": "thinking_delta", "thinking": "H"},
    )
    client = ScriptedClient([started(), *thought[:2], StreamEndedEarly("cut")])

    with pytest.raises(StreamEndedEarly):
        await play(client)

    assert len(client.requests) == 1


async def test_hopeless_error_is_not_tried_again() -> None:
    client = ScriptedClient([started(), InvalidRequest("no")], answer("Hello"))

    with pytest.raises(InvalidRequest):
        await play(client)

    assert len(client.requests) == 1


async def test_attempts_end() -> None:
    waits = Waits()
    broken: list[Script] = [
        [started(), UpstreamOverloaded("busy")] for _ in range(MAX_ATTEMPTS)
    ]
    client = ScriptedClient(*broken, sleep=waits)

    with pytest.raises(UpstreamOverloaded):
        await play(client)

    assert waits.seconds == [0.5, 1.0, 2.0, 4.0]


async def test_every_round_has_retries_of_its_own() -> None:
    waits = Waits()
    busy: Script = [started(), UpstreamOverloaded("busy")]
    pause = answer("Well. ", stop_reason="pause_turn")
    client = ScriptedClient(busy, busy, pause, busy, answer("Done"), sleep=waits)

    await play(client)

    assert waits.seconds == [0.5, 1.0, 0.5]


async def test_retries_of_the_client_and_of_the_engine_are_one_number() -> None:
    client = BusyClient(busy=3, broken=9)

    with pytest.raises(StreamEndedEarly):
        await play(client)

    assert client.requests == ["busy"] * 3 + ["broken"] * 2


async def test_what_the_client_gave_up_is_not_taken_up_again() -> None:
    client = ScriptedClient([UpstreamOverloaded("busy")], answer("Hello"))

    with pytest.raises(UpstreamOverloaded):
        await play(client)

    assert len(client.requests) == 1


async def test_upstream_says_how_long_to_wait() -> None:
    waits = Waits()
    busy = UpstreamOverloaded("busy", retry_after_seconds=7.0)
    client = ScriptedClient([started(), busy], answer("Hello"), sleep=waits)

    await play(client)

    assert waits.seconds == [7.0]


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (started(), False),
        (block(0, {"type": "text", "text": ""})[0], False),
        (block(0, {"type": "text", "text": "All at once"})[0], True),
        (block(0, {"type": "thinking", "thinking": "", "signature": ""})[0], False),
        (block(0, {"type": "redacted_thinking", "data": "x"})[0], False),
        (block(0, {}, {"type": "signature_delta", "signature": "s"})[1], False),
        (block(0, {}, {"type": "thinking_delta", "thinking": "H"})[1], True),
        (block(0, {}, {"type": "text_delta", "text": "H"})[1], True),
        (block(0, {}, {"type": "a_new_delta"})[1], True),
        (block(0, {})[-1], False),
        ({"type": "message_stop"}, False),
    ],
)
def test_what_a_reader_sees(event: dict[str, Any], shown: bool) -> None:
    assert is_shown(event) is shown


async def test_sealed_thinking_is_not_shown_and_may_be_asked_for_again() -> None:
    sealed = block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "signature_delta", "signature": "signed"},
    )
    client = ScriptedClient([started(), *sealed, StreamEndedEarly("cut")], answer("Hi"))

    steps = await play(client)

    assert steps[-1] == RoundFinished(is_last=True)


async def test_uncalled_for_tool_is_an_error() -> None:
    call = block(0, {"type": "tool_use", "id": "t", "name": "x", "input": {}})
    client = ScriptedClient([started(), *call, *ended("tool_use")])

    with pytest.raises(ToolNotOffered):
        await play(client)


async def test_cancelling_closes_the_stream() -> None:
    waiting = asyncio.Event()

    async def hang() -> None:
        waiting.set()
        await asyncio.sleep(60)

    client = ScriptedClient([started(), *text(0, "Hel")[:2], hang])

    task = asyncio.create_task(play(client))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert client.closed_streams == 1


async def test_params_of_the_caller_keep_their_messages() -> None:
    body = params()
    messages = body["messages"]
    client = ScriptedClient(answer("a", stop_reason="pause_turn"), answer("b"))

    _ = [step async for step in run_turn(client, body)]

    assert messages == [{"role": "user", "content": "Hi"}]
