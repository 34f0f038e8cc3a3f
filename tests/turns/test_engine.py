"""The loop of rounds, driven by lists of events."""

import asyncio
from typing import Any

import pytest

from conversations.claude import (
    InvalidRequest,
    StreamEndedEarly,
    UpstreamOverloaded,
)
from conversations.turns.engine import (
    MAX_ROUNDS,
    AttemptFailed,
    RoundFinished,
    RoundStarted,
    Step,
    ToolNotOffered,
    TooManyRounds,
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


def params() -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


async def play(client: ScriptedClient, waits: Waits | None = None) -> list[Step]:
    steps = run_turn(client, params(), sleep=waits or Waits(), random=lambda: 0.0)
    return [step async for step in steps]


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
        [started("msg_lost"), UpstreamOverloaded("busy")], answer("Hello")
    )

    steps = await play(client, waits)

    failed = [step for step in steps if isinstance(step, AttemptFailed)]
    assert [(step.attempt, step.delay_seconds) for step in failed] == [(1, 0.5)]
    assert waits.seconds == [0.5]
    assert [step.attempt for step in steps if isinstance(step, RoundStarted)] == [1, 2]
    assert steps[-1] == RoundFinished(is_last=True)


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
    broken: list[Script] = [[started(), UpstreamOverloaded("busy")] for _ in range(3)]
    client = ScriptedClient(*broken)

    with pytest.raises(UpstreamOverloaded):
        await play(client, waits)

    assert waits.seconds == [0.5, 1.0]


async def test_upstream_says_how_long_to_wait() -> None:
    waits = Waits()
    busy = UpstreamOverloaded("busy", retry_after_seconds=7.0)
    client = ScriptedClient([started(), busy], answer("Hello"))

    await play(client, waits)

    assert waits.seconds == [7.0]


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
