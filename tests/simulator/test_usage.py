"""Tokens are counted by the stated estimate, the same in counting and in usage."""

import pytest

from conversations.simulator import Simulator
from tests.simulator.building import (
    TOOL,
    Json,
    answer,
    image_block,
    make_params,
    pdf_block,
    post,
    text,
    text_document,
)

LONG = "word " * 600  # 1,000 tokens on newer models
AUTOMATIC = {"type": "ephemeral"}


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def input_of(message: Json) -> tuple[int, int, int]:
    usage = message["usage"]
    return (
        usage["cache_read_input_tokens"],
        usage["cache_creation_input_tokens"],
        usage["input_tokens"],
    )


@pytest.mark.parametrize(
    ("content", "fields", "tokens"),
    [
        ("x" * 30, {}, 8 + 4 + 10),
        ("x" * 30, {"model": "claude-haiku-4-5"}, 8 + 4 + 8),
        ("x" * 30, {"system": "y" * 9}, 8 + 4 + 10 + 4 + 3),
        ([image_block(280, 57)], {}, 8 + 4 + 10 * 3),
        ([image_block(5152, 28)], {}, 8 + 4 + 92),
        ([image_block(2000, 2000)], {}, 8 + 4 + 69 * 69),
        ([image_block(2000, 2000)], {"model": "claude-haiku-4-5"}, 8 + 4 + 39 * 39),
        ([pdf_block(["a" * 30, "b" * 30])], {}, 8 + 4 + 2 * (1600 + 10)),
        ([text_document("x" * 30, title="abc")], {}, 8 + 4 + 10 + 1),
    ],
)
async def test_count_is_the_stated_estimate(
    content: object, fields: Json, tokens: int
) -> None:
    params = make_params(content, **fields)
    del params["max_tokens"]

    response = await post(params, path="/v1/messages/count_tokens")

    assert response.json() == {"input_tokens": tokens}


async def test_count_is_the_total_input_of_the_request() -> None:
    params = make_params(
        [pdf_block(["A page."]), image_block(), text(LONG)],
        "Yes.",
        "And?",
        system="Be brief.",
        tools=[TOOL],
        cache_control=AUTOMATIC,
    )
    counted = {key: value for key, value in params.items() if key != "max_tokens"}

    count = await post(counted, path="/v1/messages/count_tokens")
    message = await answer(params)

    assert count.json() == {"input_tokens": sum(input_of(message))}


async def test_cache_is_written_then_read() -> None:
    simulator = Simulator(pace=0)
    params = make_params(LONG, cache_control=AUTOMATIC)

    first = await answer(params, simulator)
    params["messages"] += [
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": "x" * 30},
    ]
    second = await answer(params, simulator)

    assert input_of(first) == (0, 1012, 0)
    read, written, rest = input_of(second)
    assert (read, written > 14, rest) == (1012, True, 0)


async def test_what_follows_the_breakpoint_is_not_cached() -> None:
    marked = {**text(LONG), "cache_control": {"type": "ephemeral", "ttl": "1h"}}

    message = await answer(make_params([marked, text("x" * 30)]))

    assert input_of(message) == (0, 1012, 14)
    assert message["usage"]["cache_creation"] == {
        "ephemeral_5m_input_tokens": 0,
        "ephemeral_1h_input_tokens": 1012,
    }


async def test_short_prompts_are_not_cached() -> None:
    simulator = Simulator(pace=0)
    params = make_params("Hello", cache_control=AUTOMATIC)

    usages = [input_of(await answer(params, simulator)) for _ in range(2)]

    assert usages == [(0, 0, 14), (0, 0, 14)]


async def test_cache_lasts_five_minutes_after_the_last_read() -> None:
    clock = Clock()
    simulator = Simulator(pace=0, clock=clock)
    params = make_params(LONG, cache_control=AUTOMATIC)
    reads = []
    for seconds in (0, 299, 299, 301):
        clock.now += seconds
        reads.append(input_of(await answer(params, simulator))[0])

    assert reads == [0, 1012, 1012, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"model": "claude-sonnet-5-5"},
        {"tools": [TOOL]},
        {"system": "Be brief."},
        {"output_config": {"effort": "low"}},
    ],
)
async def test_changes_miss_the_cache(change: Json) -> None:
    simulator = Simulator(pace=0)
    params = make_params(LONG, cache_control=AUTOMATIC)
    await answer(params, simulator)

    message = await answer({**params, **change}, simulator)

    assert input_of(message)[0] == 0


async def test_lookback_reaches_20_blocks() -> None:
    simulator = Simulator(pace=0)
    near = make_params([text(LONG), *[text("x")] * 19], cache_control=AUTOMATIC)
    far = make_params([text(LONG), *[text("x")] * 20], cache_control=AUTOMATIC)
    await answer(make_params([text(LONG)], cache_control=AUTOMATIC), simulator)

    missed = await answer(far, simulator)
    found = await answer(near, Simulator(pace=0))

    assert input_of(missed)[0] == 0
    assert input_of(found)[0] == 0
    assert input_of(await answer(near, simulator))[0] >= 1012


async def test_thinking_that_is_not_read_costs_nothing() -> None:
    thinking = {"type": "adaptive", "display": "summarized"}
    written = await answer(make_params("Why?", thinking=thinking))
    with_thinking = make_params(
        "Why?", written["content"], "So?", model="claude-opus-5"
    )
    without = make_params("Why?", written["content"][1:], "So?", model="claude-opus-5")

    assert input_of(await answer(with_thinking)) == input_of(await answer(without))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"model": "claude-sonnet-5-5"}, "model_changed"),
        ({"tools": [TOOL]}, "tools_changed"),
        ({"system": "Be brief."}, "system_changed"),
        ({"output_config": {"effort": "low"}}, "messages_changed"),
        ({"messages": [{"role": "user", "content": LONG + "!"}]}, "messages_changed"),
    ],
)
async def test_a_missed_cache_is_diagnosed(changed: Json, reason: str | None) -> None:
    simulator = Simulator(pace=0)
    asked: Json = {"cache_control": AUTOMATIC, "diagnostics": {}}
    first = await answer(make_params(LONG, **asked), simulator)

    asked["diagnostics"] = {"previous_message_id": first["id"]}
    second = await answer(make_params(LONG, **asked) | changed, simulator)

    told = second["diagnostics"]["cache_miss_reason"]
    assert (told and told["type"]) == reason
    assert told is None or told["cache_missed_input_tokens"] > 1_000


async def test_a_diagnosis_says_what_it_does_not_know() -> None:
    clock = Clock()
    simulator = Simulator(pace=0, clock=clock)
    asked: Json = {"cache_control": AUTOMATIC}
    asked["diagnostics"] = {"previous_message_id": "msg_of_yesterday"}
    first = await answer(make_params(LONG, **asked), simulator)
    asked["diagnostics"] = {"previous_message_id": first["id"]}
    clock.now += 301
    late = await answer(make_params(LONG, **asked), simulator)
    unasked = await answer(make_params(LONG), simulator)

    reasons = [
        message["diagnostics"]["cache_miss_reason"]["type"] for message in (first, late)
    ]
    assert reasons == ["previous_message_not_found", "unavailable"]
    assert unasked["diagnostics"] is None
