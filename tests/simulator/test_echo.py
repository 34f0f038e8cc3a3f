"""Thinking must come back as it went out, before the same conversation."""

from typing import Any

import pytest

from conversations.simulator import Simulator
from tests.simulator.building import (
    TOOL,
    Json,
    answer,
    make_params,
    post,
    refusal,
    text,
    text_of,
)

SUMMARIZED = {"type": "adaptive", "display": "summarized"}
BOUND = "Invalid signature in thinking block. The block is bound to a different"
MODIFIED = "`thinking` or `redacted_thinking` blocks in the latest assistant message"


async def conversation(**fields: Any) -> Json:
    """Return the request of a third turn, with two real answers in it."""
    params = make_params("First question", thinking=SUMMARIZED, **fields)
    for question in ("Second question", "Third question"):
        message = await answer(params)
        params["messages"] += [
            {"role": "assistant", "content": message["content"]},
            {"role": "user", "content": question},
        ]
    return params


async def test_unchanged_history_is_accepted() -> None:
    params = await conversation(system="Be brief", tools=[TOOL])

    assert (await answer(params))["stop_reason"] == "end_turn"


async def test_cache_control_and_spelling_are_no_change() -> None:
    params = await conversation(system="Be brief")
    marker = {"type": "ephemeral"}
    params["system"] = [{**text("Be brief"), "cache_control": marker}]
    params["messages"][0]["content"] = [{"text": "First question", "type": "text"}]
    params["messages"][2]["content"] = [
        {**text("Second question"), "cache_control": marker}
    ]

    assert (await answer(params))["stop_reason"] == "end_turn"


CHANGES: dict[str, tuple[Json, str]] = {
    "system": ({"system": "Be long"}, "messages.1.content.0"),
    "tools": ({"tools": [TOOL]}, "messages.1.content.0"),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_changed_frame_is_refused(name: str) -> None:
    params = await conversation(system="Be brief")
    change, path = CHANGES[name]

    message = await refusal({**params, **change})

    assert message.startswith(f"{path}: {BOUND}")


async def test_changed_message_invalidates_the_thinking_after_it() -> None:
    params = await conversation()
    params["messages"][2]["content"] = "Another question"

    message = await refusal(params)

    assert message.startswith(f"messages.3.content.0: {BOUND}")


async def test_changed_answer_invalidates_later_thinking() -> None:
    params = await conversation()
    params["messages"][1]["content"][1] = text("I never said that")

    message = await refusal(params)

    assert message.startswith(f"messages.3.content.0: {BOUND}")


async def test_oldest_thinking_may_be_dropped() -> None:
    params = await conversation()
    del params["messages"][1]["content"][0]

    assert (await answer(params))["stop_reason"] == "end_turn"


async def test_thinking_between_others_may_not_be_dropped() -> None:
    params = await conversation()
    message = await answer(params)
    params["messages"] += [
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": "Fourth question"},
    ]
    del params["messages"][3]["content"][0]

    assert (await refusal(params)).startswith(f"messages.5.content.0: {BOUND}")


async def test_all_thinking_may_be_stripped_after_a_change() -> None:
    params = await conversation(system="Be brief")
    del params["messages"][1]["content"][0]
    del params["messages"][3]["content"][0]
    params["system"] = "Be long"

    assert (await answer(params))["stop_reason"] == "end_turn"


async def test_modified_thinking_of_the_latest_answer_is_refused() -> None:
    params = await conversation()
    params["messages"][3]["content"][0]["thinking"] += "!"

    assert (await refusal(params)).startswith(f"messages.3.content.0: {MODIFIED}")


async def test_modified_thinking_of_an_older_answer_is_refused() -> None:
    params = await conversation()
    params["messages"][1]["content"][0]["thinking"] += "!"

    message = await refusal(params)

    assert message == "messages.1.content.0: Invalid `signature` in `thinking` block"


async def test_mismatches_are_dropped_for_who_opts_in() -> None:
    params = await conversation(system="Be brief")
    params["system"] = "Be long"
    binding = {"prefix_mismatch_behavior": "drop_block"}
    params["thinking"] = {**SUMMARIZED, "block_binding": binding}

    response = await post(
        params, headers={"anthropic-beta": "thinking-binding-controls-2026-08-01"}
    )

    assert response.json()["input_transformations"] == [
        {
            "type": "thinking_dropped",
            "path": f"messages.{index}.content.0",
            "reason": "prefix_binding_mismatch",
        }
        for index in (1, 3)
    ]


async def test_models_without_preserved_thinking_are_lenient() -> None:
    params = await conversation(model="claude-opus-5", system="Be brief")
    params["system"] = "Be long"

    assert (await answer(params))["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("writer", "reader", "is_read"),
    [
        ("claude-opus-5-5", "claude-fable-5-1", True),
        ("claude-opus-5-5", "claude-opus-5", False),
        ("claude-fable-5-2", "claude-mythos-5-2", True),
        ("claude-fable-5-2", "claude-opus-5-5", False),
        ("claude-haiku-5-5", "claude-opus-5-5", True),
        ("claude-opus-5-5", "claude-haiku-5-5", False),
    ],
)
async def test_model_switch_checks_only_what_the_model_reads(
    writer: str, reader: str, is_read: bool
) -> None:
    params = await conversation(model=writer)
    params["messages"][0]["content"] = "Changed"
    params["model"] = reader

    response = await post(params)

    assert response.status_code == (400 if is_read else 200)


async def test_running_tool_loop_needs_its_thinking() -> None:
    params = make_params("Compute 2 + 2", tools=[TOOL], thinking=SUMMARIZED)
    message = await answer(params)
    thinking, *rest = message["content"]
    result = {"type": "tool_result", "tool_use_id": rest[-1]["id"], "content": "4"}
    complete = [
        {"role": "assistant", "content": [thinking, *rest]},
        {"role": "user", "content": [result]},
    ]
    lacking = [{**complete[0], "content": rest}, complete[1]]

    accepted = await answer({**params, "messages": params["messages"] + complete})
    refused = await refusal({**params, "messages": params["messages"] + lacking})

    assert text_of(accepted).startswith("The tool `calculator` answered **4**.")
    assert refused.startswith(f"messages.1.content.1: {MODIFIED}")


async def test_signatures_outlive_the_simulator() -> None:
    params = make_params("First question")
    message = await answer(params, Simulator(pace=0))
    params["messages"] += [
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": "Second question"},
    ]

    assert (await answer(params, Simulator(pace=0)))["stop_reason"] == "end_turn"
