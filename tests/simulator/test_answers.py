"""Answers fit the prompt, refer to what was said and say that they are simulated."""

import json

import pytest

from conversations.simulator import Simulator
from tests.simulator.building import (
    TOOL,
    Json,
    answer,
    make_params,
    text,
    text_of,
)

SUMMARIZED = {"type": "adaptive", "display": "summarized"}
HONESTY = "*Simulated answer: no Claude model was asked.*"
FORCED_MODEL = "claude-opus-5"


def calls_of(message: Json) -> list[tuple[str, Json]]:
    return [
        (b["name"], b["input"]) for b in message["content"] if b["type"] == "tool_use"
    ]


def make_tool(name: str, **properties: Json) -> Json:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"name": name, "input_schema": schema}


@pytest.mark.parametrize("greeting", ["Hello!", "What can you do?", "hi there"])
async def test_greeting_is_answered_with_a_showcase(greeting: str) -> None:
    shown = text_of(await answer(make_params(greeting)))

    assert [
        sign in shown
        for sign in ("# Hello", "## ", "- ", "|---", "```python", "$ax^2", "$$\n")
    ] == [True] * 7
    assert shown.endswith(HONESTY)


@pytest.mark.parametrize(
    ("prompt", "sign"),
    [
        ("Make a table of it", "| Words | 5 |"),
        ("Write Python for Fibonacci", "def fibonacci()"),
        ("Code for primes please", "def primes_below("),
        ("Show me an integral", r"\int_{-\infty}^{\infty}"),
        ("Which formula solves it?", r"\frac{-b \pm"),
        ("List the steps", "1. **Say what you want**"),
        ("Why is the sky blue?", "> Why is the sky blue?"),
    ],
)
async def test_prompt_gets_what_it_asks_for(prompt: str, sign: str) -> None:
    shown = text_of(await answer(make_params(prompt)))

    assert sign in shown
    assert shown.endswith(HONESTY)


async def test_same_request_gets_the_same_content_streamed_or_not() -> None:
    simulator = Simulator(pace=0)
    params = make_params("Why is the sky blue?", thinking=SUMMARIZED)

    first = await answer(params, simulator)
    second = await answer(params, simulator)

    assert first["content"] == second["content"]
    assert first["id"] != second["id"]


async def test_answer_refers_to_the_question_before() -> None:
    params = make_params("Why is grass green?", "So.", "Why is the sky blue?")

    assert "Before this you asked: “Why is grass green?”" in text_of(
        await answer(params)
    )


async def test_earlier_questions_can_be_recalled() -> None:
    params = make_params(
        "Why is grass green?", "So.", "And snow?", "So.", "What did I ask?"
    )

    assert text_of(await answer(params)) == (
        "You sent 2 messages before this one:\n\n1. Why is grass green?\n2. And snow?\n\n"
        + HONESTY
    )


# Thinking


@pytest.mark.parametrize(
    ("model", "thinking", "thinks", "shows"),
    [
        ("claude-opus-5-5", None, True, False),
        ("claude-opus-5-5", SUMMARIZED, True, True),
        ("claude-opus-5", {"type": "disabled"}, False, False),
        ("claude-opus-4-8", None, False, False),
        ("claude-opus-4-6", {"type": "adaptive"}, True, True),
        ("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 2000}, True, True),
        ("claude-sonnet-5-5", {"type": "between_tools"}, False, False),
    ],
)
async def test_thinks_as_the_model_does(
    model: str, thinking: Json | None, thinks: bool, shows: bool
) -> None:
    message = await answer(make_params("Why?", model=model, thinking=thinking))

    blocks = [block for block in message["content"] if block["type"] == "thinking"]
    assert len(blocks) == thinks
    assert all(block["signature"] for block in blocks)
    assert any(block["thinking"] for block in blocks) == shows
    tokens = message["usage"]["output_tokens_details"]["thinking_tokens"]
    assert (tokens > 0) == thinks


async def test_more_effort_thinks_more() -> None:
    lengths = []
    for effort in ("low", "medium", "high"):
        params = make_params(
            "Why?", thinking=SUMMARIZED, output_config={"effort": effort}
        )
        lengths.append(len((await answer(params))["content"][0]["thinking"]))

    assert lengths == sorted(set(lengths))


# Tools


async def test_calculation_is_given_to_the_tool() -> None:
    message = await answer(make_params("What is (2 + 3) * 4?", tools=[TOOL]))

    assert message["stop_reason"] == "tool_use"
    assert calls_of(message) == [("calculator", {"expression": "(2 + 3) * 4"})]


async def test_tool_is_called_when_it_is_named() -> None:
    tool = make_tool(
        "get_weather",
        city={"type": "string"},
        days={"type": "integer"},
        unit={"type": "string", "enum": ["kelvin", "celsius"]},
    )
    prompt = "Please get weather in New York for 3 days in celsius"

    message = await answer(make_params(prompt, tools=[tool]))

    expected = {"city": "New York", "days": 3, "unit": "celsius"}
    assert calls_of(message) == [("get_weather", expected)]


async def test_tools_that_nobody_asks_for_stay_alone() -> None:
    message = await answer(make_params("Why is the sky blue?", tools=[TOOL]))

    assert (calls_of(message), message["stop_reason"]) == ([], "end_turn")


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ({"type": "auto"}, ["calculator", "search"]),
        ({"type": "auto", "disable_parallel_tool_use": True}, ["calculator"]),
        ({"type": "none"}, []),
        ({"type": "tool", "name": "search"}, ["search"]),
    ],
)
async def test_tool_choice(choice: Json, names: list[str]) -> None:
    tools = [TOOL, make_tool("search", query={"type": "string"})]
    params = make_params(
        "Use calculator and search for 'bees'",
        model=FORCED_MODEL,
        tools=tools,
        tool_choice=choice,
    )

    assert [name for name, _input in calls_of(await answer(params))] == names


async def test_results_are_reported() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "calculator", "input": {}}
    other = {**call, "id": "toolu_2"}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "42"}
    failed = {
        "type": "tool_result",
        "tool_use_id": "toolu_2",
        "content": [text("no such number")],
        "is_error": True,
    }

    params = make_params("6 * 7", [call, other], [result, failed], tools=[TOOL])

    assert text_of(await answer(params)) == (
        "The tool `calculator` answered **42**.\n\n"
        "The tool `calculator` failed: no such number"
    )


# Titles and structured output


@pytest.mark.parametrize(
    ("params", "title"),
    [
        (
            make_params(
                "How do I prune old apple trees in winter?",
                system="Write a short title for this conversation.",
            ),
            "How do I prune old apple",
        ),
        (
            make_params(
                "Give this conversation a title of at most six words.\n\n"
                "User: please explain tides"
            ),
            "Explain tides",
        ),
        (
            make_params(
                "Question:\nWhich apples keep longest?\n\nAnswer:\nBoskoop.\n\nTitle:",
                system="Give the conversation a title of three to six words.",
            ),
            "Which apples keep longest",
        ),
        (
            make_params(
                "Write a title for this conversation: <message>Rust or Go?</message>"
            ),
            "Rust or Go",
        ),
    ],
)
async def test_title_is_made_of_the_first_words(params: Json, title: str) -> None:
    message = await answer(params)

    assert text_of(message) == title
    assert [block["type"] for block in message["content"]] == ["text"]


async def test_question_about_titles_is_no_title_request() -> None:
    params = make_params("Suggest a title for my novel about bees")

    assert text_of(await answer(params)).endswith(HONESTY)


async def test_structured_output_fits_its_schema() -> None:
    properties = {
        "title": {"type": "string"},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}},
        "mood": {"type": "string", "enum": ["calm", "wild"]},
        "count": {"type": "integer"},
        "sure": {"type": "boolean"},
        "note": {"anyOf": [{"type": "null"}, {"type": "string"}]},
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": {"tag": {"type": "string", "enum": ["garden"]}},
    }
    params = make_params(
        "Plan a small garden",
        output_config={"format": {"type": "json_schema", "schema": schema}},
    )

    assert json.loads(text_of(await answer(params))) == {
        "title": "Plan a small garden",
        "tags": ["garden"],
        "mood": "calm",
        "count": 3,
        "sure": True,
        "note": None,
    }


# Ends


async def test_max_tokens_cuts_the_answer() -> None:
    message = await answer(make_params("Hello", model="claude-opus-4-8", max_tokens=10))

    assert message["stop_reason"] == "max_tokens"
    assert len(text_of(message)) == 30
    assert message["usage"]["output_tokens"] == 10


async def test_thinking_can_eat_max_tokens() -> None:
    message = await answer(make_params("Why?", thinking=SUMMARIZED, max_tokens=5))

    (block,) = message["content"]
    assert (block["type"], message["stop_reason"]) == ("thinking", "max_tokens")


async def test_max_tokens_of_zero_warms_the_cache() -> None:
    message = await answer(make_params("Hello", max_tokens=0))

    assert (message["content"], message["stop_reason"]) == ([], "max_tokens")


async def test_stop_sequence_ends_the_answer() -> None:
    message = await answer(make_params("Hello", stop_sequences=["simulator"]))

    assert (message["stop_reason"], message["stop_sequence"]) == (
        "stop_sequence",
        "simulator",
    )
    assert text_of(message) == "# Hello\n\nI am Colloquy's **"


async def test_answer_that_was_cut_off_is_gone_on_with() -> None:
    whole = text_of(await answer(make_params("Write Python for Fibonacci")))
    asked = make_params("Write Python for Fibonacci")
    asked["messages"] += [
        {"role": "assistant", "content": whole[:40]},
        {"role": "user", "content": "Your answer was cut off. Please continue."},
    ]

    second = text_of(await answer(asked))
    asked["messages"] += [
        {"role": "assistant", "content": second[:30]},
        {"role": "user", "content": "Your answer was cut off. Please continue."},
    ]
    third = text_of(await answer(asked))

    assert whole[:40] + second == whole
    assert whole[:40] + second[:30] + third == whole


async def test_what_was_never_said_is_not_gone_on_with() -> None:
    asked = make_params("Write Python for Fibonacci")
    asked["messages"] += [
        {"role": "assistant", "content": "Something else"},
        {"role": "user", "content": "Your answer was cut off. Please continue."},
    ]

    assert HONESTY in text_of(await answer(asked))
