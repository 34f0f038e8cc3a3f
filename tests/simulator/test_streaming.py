"""A stream tells the same message as the whole answer, in small true pieces."""

import json
import random

import pytest

from conversations.simulator import Pace, Simulator
from conversations.simulator.streaming import split_text
from tests.simulator.building import (
    HEADERS,
    TOOL,
    Json,
    answer,
    make_params,
    post,
    read_events,
    text,
    text_document,
)

OMITTED = {"type": "adaptive", "display": "omitted"}
SUMMARIZED = {"type": "adaptive", "display": "summarized"}
CITED = text_document(
    "The mill grinds corn. The miller keeps bees.", citations={"enabled": True}
)
REQUESTS = {
    "showcase": make_params("Hello", thinking=SUMMARIZED),
    "omitted thinking": make_params("Hello"),
    "citations": make_params([CITED, text("Who keeps bees and grinds corn?")]),
    "tool": make_params("Compute 12 * 12", tools=[TOOL], thinking=SUMMARIZED),
    "refusal": make_params("[simulate: refusal]"),
    "long word": make_params("[simulate: echo] " + "x" * 100),
}


async def stream(params: Json, simulator: Simulator | None = None) -> list[Json]:
    response = await post({**params, "stream": True}, simulator=simulator)
    assert response.status_code == 200, response.text
    return read_events(response.text)


def fold(events: list[Json]) -> Json:
    """Return the message that the events tell, in the plainest way."""
    message: Json = events[0]["message"]
    for event in events:
        match event:
            case {"type": "content_block_start", "index": index}:
                assert index == len(message["content"])
                message["content"].append({**event["content_block"], "written": ""})
            case {"type": "content_block_delta", "index": index, "delta": delta}:
                apply(message["content"][index], delta)
            case {"type": "message_delta"}:
                message |= event["delta"]
                message["usage"] |= event["usage"]
    for block in message["content"]:
        written = block.pop("written")
        if block["type"] == "tool_use":
            block["input"] = json.loads(written)
    return message


def apply(block: Json, delta: Json) -> None:
    match delta:
        case {"type": "text_delta", "text": piece}:
            block["text"] += piece
        case {"type": "thinking_delta", "thinking": piece}:
            block["thinking"] += piece
        case {"type": "signature_delta", "signature": signature}:
            block["signature"] = signature
        case {"type": "citations_delta", "citation": citation}:
            block["citations"].append(citation)
        case {"type": "input_json_delta", "partial_json": piece}:
            block["written"] += piece


@pytest.mark.parametrize("name", REQUESTS)
async def test_stream_tells_the_whole_message(name: str) -> None:
    whole = await answer(REQUESTS[name])
    told = fold(await stream(REQUESTS[name]))

    assert {**told, "id": whole["id"]} == whole


async def test_events_come_in_the_order_of_the_api() -> None:
    events = await stream(REQUESTS["tool"])

    kinds = [
        event["type"] for event in events if event["type"] != "content_block_delta"
    ]
    assert kinds == [
        "message_start",
        "ping",
        *["content_block_start", "content_block_stop"] * 3,
        "message_delta",
        "message_stop",
    ]


async def test_message_start_tells_no_end() -> None:
    start = (await stream(REQUESTS["showcase"]))[0]["message"]

    assert (start["content"], start["stop_reason"]) == ([], None)
    assert start["usage"]["output_tokens"] == 1


async def test_omitted_thinking_has_only_a_signature() -> None:
    events = await stream(REQUESTS["omitted thinking"])

    deltas = [
        event["delta"]["type"]
        for event in events
        if event.get("index") == 0 and "delta" in event
    ]
    assert deltas == ["signature_delta"]


async def test_stream_is_repeatable() -> None:
    first = await stream(REQUESTS["showcase"])
    second = await stream(REQUESTS["showcase"])

    assert first[1:] == second[1:]


def test_pieces_are_one_to_five_words() -> None:
    source = " one two\n\nthree   four five six seven eight nine ten " * 20

    pieces = list(split_text(source, random.Random(1)))

    assert "".join(pieces) == source
    assert {len(piece.split()) for piece in pieces} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("source", ["", " ", "\n\n", "x" * 25])
def test_pieces_lose_nothing(source: str) -> None:
    assert "".join(split_text(source, random.Random(1))) == source


async def test_human_pace_waits_before_each_delta() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    events = await stream(REQUESTS["showcase"], Simulator(sleep=sleep))

    deltas = [event for event in events if event["type"] == "content_block_delta"]
    assert slept == [0.3] + [1 / 30] * (len(deltas) - 1)


def test_pace_is_a_factor() -> None:
    assert Simulator(pace=2).pace == Pace(0.6, 2 / 30, 30.0, 3.0)
    assert Simulator(pace=Pace(1, 2)).pace == Pace(1, 2)


async def test_thinking_that_is_not_shown_is_counted_when_asked_for() -> None:
    params = make_params("Hello", stream=True, thinking=OMITTED)
    beta = {"anthropic-beta": "thinking-token-count-2026-05-13"}

    counts = []
    for headers in ({**HEADERS, **beta}, HEADERS):
        response = await post(params, headers=headers)
        deltas = [e["delta"] for e in read_events(response.text) if "delta" in e]
        counts.append(
            [d["estimated_tokens"] for d in deltas if "estimated_tokens" in d]
        )

    assert counts == [[400, 500, 300], []]
