"""The scenario `tool` calls what it names, and speaks of what came back."""

import pytest

from tests.simulator.building import Json, answer, make_params, post, text_of

TOOLS = [
    {"name": name, "input_schema": {"type": "object"}} for name in ("sum", "weather")
]


def asked(tags: str) -> Json:
    return make_params(f"Try it {tags}", tools=TOOLS)


def calls_of(message: Json) -> list[tuple[str, Json]]:
    return [
        (block["name"], block["input"])
        for block in message["content"]
        if block["type"] == "tool_use"
    ]


def with_results(params: Json, said: Json, *results: str) -> Json:
    calls = [block for block in said["content"] if block["type"] == "tool_use"]
    blocks = [
        {"type": "tool_result", "tool_use_id": call["id"], "content": result}
        for call, result in zip(calls, results, strict=True)
    ]
    messages = [
        *params["messages"],
        {"role": "assistant", "content": said["content"]},
        {"role": "user", "content": blocks},
    ]
    return {**params, "messages": messages}


async def test_named_tools_are_called_at_once_and_spoken_of() -> None:
    params = asked(
        '[simulate: tool name=sum input={"of": "2 + 2"}] [simulate: tool name=weather]'
    )

    said = await answer(params)

    assert said["stop_reason"] == "tool_use"
    assert calls_of(said) == [("sum", {"of": "2 + 2"}), ("weather", {})]
    after = await answer(with_results(params, said, "4", "Rain"))
    assert after["stop_reason"] == "end_turn"
    assert "The tool `sum` answered **4**." in text_of(after)
    assert "The tool `weather` answered **Rain**." in text_of(after)


async def test_calls_come_in_as_many_rounds_as_asked_for() -> None:
    params = asked("[simulate: tool name=sum times=2]")

    for _ in range(2):
        said = await answer(params)
        assert calls_of(said) == [("sum", {})]
        params = with_results(params, said, "4")

    assert (await answer(params))["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    "tag",
    [
        "[simulate: tool name=nothing]",
        "[simulate: tool]",
        "[simulate: tool name=sum input={nothing}]",
    ],
)
async def test_what_cannot_be_called_is_refused(tag: str) -> None:
    response = await post(asked(tag))

    assert response.status_code == 400
    assert "simulate: " in response.json()["error"]["message"]
