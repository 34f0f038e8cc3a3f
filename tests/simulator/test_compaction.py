"""A conversation is compacted on demand, and goes on from its block."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.building import (
    HEADERS,
    TOOL,
    Json,
    make_params,
    post,
    read_events,
    text,
)

BETA = HEADERS | {"anthropic-beta": "compact-2026-09-04"}
SUMMARIZE = {"type": "summarize"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "calculator", "input": {}}


async def say(params: Json) -> Json:
    response = await post(params, headers=BETA)
    assert response.status_code == 200, response.text
    message: Json = response.json()
    return message


async def code_of(params: Json) -> tuple[int, str | None]:
    response = await post(params, headers=BETA)
    error = response.json()["error"]
    return response.status_code, (error.get("details") or {}).get("error_code")


async def compacted(*contents: Any, **fields: Any) -> Json:
    """Return the block that stands for a conversation."""
    params = make_params(*contents, compaction=SUMMARIZE, **fields)
    [block] = (await say(params))["content"]
    assert isinstance(block, dict)
    return block


def after(block: Json, *contents: Any, **fields: Any) -> Json:
    """Return a request that goes on from a block."""
    params = make_params(*contents, **fields)
    first = {"role": "assistant", "content": [block]}
    return {**params, "messages": [first, *params["messages"]]}


async def test_the_answer_is_one_block_and_costs_an_iteration() -> None:
    params = make_params("My name is Ada.", "Hello Ada.", compaction=SUMMARIZE)

    message = await say(params)

    [block] = message["content"]
    assert message["stop_reason"] == "compaction"
    assert block["content"].splitlines()[2:] == [
        "- The person said: My name is Ada.",
        "- Claude answered: Hello Ada.",
    ]
    usage = message["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (0, 0)
    [iteration] = usage["iterations"]
    assert iteration["type"] == "compaction"
    assert iteration["input_tokens"] > 0
    assert iteration["output_tokens"] > 0


async def test_a_stream_tells_the_same() -> None:
    params = make_params("Hi", "Hello", compaction=SUMMARIZE)
    whole = await say(params)

    response = await post({**params, "stream": True}, headers=BETA)

    events = read_events(response.text)
    kinds = [event["type"] for event in events if "content_block" in event["type"]]
    assert kinds == [f"content_block_{kind}" for kind in ("start", "delta", "stop")]
    start, delta = events[2]["content_block"], events[3]["delta"]
    block = {**start, "content": delta["content"]}
    assert block == whole["content"][0]
    assert events[-2]["usage"]["iterations"] == whole["usage"]["iterations"]


async def test_the_conversation_goes_on_and_is_compacted_again() -> None:
    block = await compacted("My name is Ada.", "Hello Ada.")

    answer = await say(after(block, "And now?"))
    again = after(block, "And now?", answer["content"], compaction=SUMMARIZE)
    [second] = (await say(again))["content"]

    assert answer["stop_reason"] == "end_turn"
    assert "- The person said: My name is Ada." in second["content"]
    assert "- The person said: And now?" in second["content"]
    assert (await say(after(second, "Thanks")))["content"]


async def test_thinking_after_the_block_is_bound_to_it() -> None:
    block = await compacted("Hi", "Hello")
    other = await compacted("Something else", "Hello")
    answer = await say(after(block, "Why?"))

    there = await post(after(other, "Why?", answer["content"], "And?"), headers=BETA)

    assert answer["content"][0]["type"] == "thinking"
    assert (await say(after(block, "Why?", answer["content"], "And?")))["content"]
    assert "bound to a different conversation" in there.json()["error"]["message"]


async def test_instructions_may_name_a_scenario_and_a_question_does_not() -> None:
    failing = {**SUMMARIZE, "instructions": "[simulate: no-summary]"}
    params = make_params("[simulate: 500] Hi", "Hello", compaction=failing)

    message = await say(params)

    assert message["content"] == [{"type": "compaction", "content": None}]


async def test_it_can_be_unavailable_for_a_while() -> None:
    scenario = "[simulate: 529 code=compaction_unavailable]"
    params = make_params(
        "Hi", "Hello", compaction={**SUMMARIZE, "instructions": scenario}
    )

    assert await code_of(params) == (529, "compaction_unavailable")


REFUSED: dict[str, Callable[[Json], Json]] = {
    "incomplete_turn": lambda block: make_params(
        "Hi", [CALL], tools=[TOOL], compaction=SUMMARIZE
    ),
    "signature_invalid": lambda block: after({**block, "signature": "x"}, "Go on"),
    "content_mismatch": lambda block: after({**block, "content": "Other"}, "Go on"),
    "tool_changes_mismatch": lambda block: after(
        {**block, "tool_changes": [{"type": "tool_removal"}]}, "Go on"
    ),
    "block_misplaced": lambda block: make_params("Hi", [block], "Go on"),
    "block_ambiguous": lambda block: after(block, "Hi", [block], "Go on"),
    "too_many_tool_references": lambda block: make_params(
        "Hi",
        [CALL],
        [
            {
                "type": "tool_result",
                "tool_use_id": "toolu_1",
                "content": [
                    {"type": "tool_reference", "tool_name": f"tool{number}"}
                    for number in range(257)
                ],
            }
        ],
        tools=[TOOL],
        compaction=SUMMARIZE,
    ),
}


@pytest.mark.parametrize("code", REFUSED)
async def test_each_refusal_has_its_code(code: str) -> None:
    block = await compacted("Hi", "Hello")

    assert await code_of(REFUSED[code](block)) == (400, f"compaction_{code}")


async def test_nothing_to_summarize() -> None:
    params = make_params("Hi", compaction=SUMMARIZE)
    params["messages"] = [{"role": "system", "content": "Be brief"}]

    assert await code_of(params) == (400, "compaction_nothing_to_summarize")


async def test_it_needs_its_beta_and_a_model_that_can() -> None:
    params = make_params("Hi", "Hello", compaction=SUMMARIZE)
    block = await compacted("Hi", "Hello")

    without = await post(params)
    old = await post({**params, "model": "claude-haiku-4-5"}, headers=BETA)
    later = await post(after(block, "Go on"))

    for response, problem in (
        (without, "compaction: Extra inputs are not permitted"),
        (old, "compaction: compaction is not supported by claude-haiku-4-5"),
        (
            later,
            "messages.0.content.0: `compaction` blocks need the beta compact-2026-09-04",
        ),
    ):
        assert response.status_code == 400
        assert response.json()["error"]["message"] == problem


async def test_a_failed_block_stands_for_nothing() -> None:
    block = {"type": "compaction", "content": None}

    assert (await say(after(block, "Hi")))["stop_reason"] == "end_turn"


async def test_a_summary_may_be_asked_for_in_words() -> None:
    asking = "Summarize the conversation so far for yourself."
    params = make_params("My name is Ada.", "Hello Ada.", [text(asking)])

    message = await say(params)

    assert "- The person said: My name is Ada." in message["content"][-1]["text"]
    assert message["stop_reason"] == "end_turn"
