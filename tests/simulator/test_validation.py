"""Every rule of the API refuses with the path of the offending field."""

from typing import Any

import pytest

from conversations.simulator import Simulator
from tests.simulator.building import (
    TOOL,
    Json,
    answer,
    image_block,
    make_client,
    make_params,
    pdf_block,
    post,
    refusal,
    text,
    text_document,
)

CACHED = {**text("Hi"), "cache_control": {"type": "ephemeral"}}
CACHED_1H = {**text("Hi"), "cache_control": {"type": "ephemeral", "ttl": "1h"}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "calculator", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "4"}
CITED = {"enabled": True}
SCHEMA: Json = {"type": "object", "properties": {}, "additionalProperties": False}


def formatted(**changes: Any) -> Json:
    return {"format": {"type": "json_schema", "schema": {**SCHEMA, **changes}}}


def system(*messages: tuple[str, str], model: str = "claude-opus-5-5") -> Json:
    spoken = [{"role": role, "content": content} for role, content in messages]
    return {"model": model, "max_tokens": 100, "messages": spoken}


def tools(*contents: Any, **fields: Any) -> Json:
    return make_params(*contents, tools=[TOOL], **fields)


def searching(*contents: Any, **fields: Any) -> Json:
    search = {"type": "web_search_20250305", "name": "web_search"}
    return make_params(*contents, tools=[TOOL, search], **fields)


SEARCH = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {},
}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [],
}
LOOP = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": [text("I compute"), CALL]},
    {"role": "user", "content": [RESULT]},
    {"role": "user", "content": "And?"},
]
TWO_ROUNDS = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": [SEARCH]},
    {"role": "assistant", "content": [FOUND]},
    {"role": "user", "content": "And?"},
]

REFUSALS: dict[str, tuple[Any, str]] = {
    "unknown field": (make_params("Hi", colour="red"), "colour: Extra inputs"),
    "beta field": (make_params("Hi", mcp_servers=[]), "mcp_servers: Extra inputs"),
    "no messages field": (
        {"model": "claude-opus-5-5", "max_tokens": 1},
        "messages: Field",
    ),
    "no max_tokens": (
        {"model": "claude-opus-5-5", "messages": [{"role": "user", "content": "Hi"}]},
        "max_tokens: Field required",
    ),
    "temperature": (
        make_params("Hi", temperature=1),
        "temperature: `temperature` is not",
    ),
    "top_p": (make_params("Hi", top_p=1), "top_p: `top_p` is not supported"),
    "top_k": (make_params("Hi", top_k=1), "top_k: `top_k` is not supported"),
    "model type": (make_params("Hi", model=5), "model: Input should be a valid string"),
    "max_tokens type": (
        make_params("Hi", max_tokens="5"),
        "max_tokens: Input should be",
    ),
    "max_tokens negative": (
        make_params("Hi", max_tokens=-1),
        "max_tokens: Input should",
    ),
    "max_tokens over the model": (
        make_params("Hi", max_tokens=128_001),
        "max_tokens: 128001 > 128000",
    ),
    "prewarming with stream": (
        make_params("Hi", max_tokens=0, stream=True),
        "stream: not allowed together",
    ),
    "stream type": (
        make_params("Hi", stream="yes"),
        "stream: Input should be a valid bool",
    ),
    "metadata shape": (
        make_params("Hi", metadata={"user": "1"}),
        "metadata.user: Extra inputs",
    ),
    "metadata length": (
        make_params("Hi", metadata={"user_id": "x" * 257}),
        "metadata.user_id: String should",
    ),
    "service tier": (
        make_params("Hi", service_tier="gold"),
        "service_tier: Input should",
    ),
    "fast on a slow model": (
        make_params("Hi", model="claude-sonnet-5-5", speed="fast"),
        "speed: 'fast' is not supported",
    ),
    "fast without its header": (
        make_params("Hi", model="claude-opus-5", speed="fast"),
        "speed: 'fast' is not supported",
    ),
    "place on an old model": (
        make_params("Hi", model="claude-opus-4-5", inference_geo="us"),
        "inference_geo: not supported",
    ),
    "stop sequences": (
        make_params("Hi", stop_sequences=[1]),
        "stop_sequences.0: Input",
    ),
    "system type": (make_params("Hi", system=5), "system: Input should be a string"),
    "system block": (
        make_params("Hi", system=[image_block()]),
        "system.0: Input tag 'image'",
    ),
    # Messages
    "no message": (make_params(), "messages: at least one message"),
    "empty message": (make_params(""), "messages.0: all messages must have non-empty"),
    "empty list": (make_params([]), "messages.0: all messages must have non-empty"),
    "empty text": (
        make_params([text("")]),
        "messages.0.content.0: text content blocks",
    ),
    "blank text": (
        make_params([text(" \n")]),
        "messages.0.content.0: text content blocks",
    ),
    "empty text of assistant": (
        make_params("Hi", [text("")], "Hi"),
        "messages.1.content.0: text content blocks must be non-empty",
    ),
    "blank text of assistant": (
        make_params("Hi", [text("\n\n")], "Hi"),
        "messages.1.content.0: text content blocks must contain non-whitespace text",
    ),
    "half a character": (
        make_params("A smile: \ud83d"),
        "The request body is not valid JSON: no low surrogate in string",
    ),
    "role": (
        {**make_params(), "messages": [{"role": "tool", "content": "Hi"}]},
        "messages.0.role: Input should be 'user', 'assistant', 'system'",
    ),
    "message field": (
        {**make_params(), "messages": [{"role": "user", "content": "Hi", "id": "1"}]},
        "messages.0.id: Extra inputs",
    ),
    "assistant first": (
        {**make_params(), "messages": [{"role": "assistant", "content": "Hi"}]},
        "messages.0: the first message",
    ),
    "prefill": (
        make_params("Hi", "The answer is"),
        "messages.1: claude-opus-5-5 does not",
    ),
    "prefill ending in a space": (
        make_params("Hi", "The answer is ", model="claude-haiku-4-5"),
        "messages.1: final assistant content cannot end",
    ),
    "too many messages": (
        {
            **make_params(),
            "messages": [{"role": "user", "content": "Hi"}] * 100_001,
        },
        "messages: at most 100000 messages",
    ),
    "unknown block": (
        make_params([{"type": "video"}]),
        "messages.0.content.0: Input tag 'video'",
    ),
    "block field": (
        make_params([{**text("Hi"), "id": "1"}]),
        "messages.0.content.0.id: Extra inputs",
    ),
    "missing block field": (
        make_params([{"type": "text"}]),
        "messages.0.content.0.text: Field required",
    ),
    "thinking of the user": (
        make_params([{"type": "thinking", "thinking": "x", "signature": "y"}]),
        "messages.0.content.0: Input tag 'thinking'",
    ),
    "document of the assistant": (
        make_params("Hi", [text_document("x")], "Hi"),
        "messages.1.content.0: Input tag 'document'",
    ),
    "citations of the user": (
        make_params(
            [
                {
                    **text("Hi"),
                    "citations": [
                        {
                            "type": "char_location",
                            "cited_text": "x",
                            "document_index": 0,
                            "start_char_index": 0,
                            "end_char_index": 1,
                        }
                    ],
                }
            ]
        ),
        "messages.0.content.0.citations: citations are only permitted",
    ),
    "unknown citation": (
        make_params("Hi", [{**text("x"), "citations": [{"type": "x"}]}], "Hi"),
        "messages.1.content.0.citations.0: Input tag 'x'",
    ),
    # System messages
    "system message first": (system(("system", "x")), "messages.0: the first message"),
    "system message after assistant": (
        system(("user", "x"), ("assistant", "y"), ("system", "z"), ("assistant", "y")),
        "messages.2: a system message must directly follow",
    ),
    "system message before user": (
        system(("user", "x"), ("system", "z"), ("user", "y")),
        "messages.1: a system message must be last",
    ),
    "system message on Sonnet 5": (
        system(("user", "x"), ("system", "z"), model="claude-sonnet-5"),
        "messages.1.role: system messages are not supported",
    ),
    # Thinking and effort
    "enabled on 5.5": (
        make_params("Hi", thinking={"type": "enabled", "budget_tokens": 2000}),
        'thinking.type: "thinking.type.enabled" is not supported',
    ),
    "disabled on Opus 5.5": (
        make_params("Hi", thinking={"type": "disabled"}),
        'thinking.type: "thinking.type.disabled" is not supported',
    ),
    "between_tools elsewhere": (
        make_params("Hi", thinking={"type": "between_tools"}),
        'thinking.type: "thinking.type.between_tools" is not supported',
    ),
    "adaptive on 4.5": (
        make_params("Hi", model="claude-haiku-4-5", thinking={"type": "adaptive"}),
        "thinking.type: adaptive thinking is not supported on this model",
    ),
    "display of disabled": (
        make_params(
            "Hi",
            model="claude-opus-5",
            thinking={"type": "disabled", "display": "omitted"},
        ),
        "thinking.display: Extra inputs",
    ),
    "small budget": (
        make_params(
            "Hi",
            model="claude-haiku-4-5",
            thinking={"type": "enabled", "budget_tokens": 1023},
        ),
        "thinking.budget_tokens: Input should be greater",
    ),
    "budget over max_tokens": (
        make_params(
            "Hi",
            model="claude-haiku-4-5",
            thinking={"type": "enabled", "budget_tokens": 4000},
        ),
        "max_tokens: must be greater than `thinking.budget_tokens`",
    ),
    "block binding without its header": (
        make_params("Hi", thinking={"type": "adaptive", "block_binding": {}}),
        "thinking.block_binding: Extra inputs",
    ),
    "unknown effort": (
        make_params("Hi", output_config={"effort": "huge"}),
        "output_config.effort: Input should be",
    ),
    "effort of Haiku 4.5": (
        make_params("Hi", model="claude-haiku-4-5", output_config={"effort": "low"}),
        "output_config.effort: 'low' is not supported by claude-haiku-4-5",
    ),
    "xhigh of 4.6": (
        make_params("Hi", model="claude-opus-4-6", output_config={"effort": "xhigh"}),
        "output_config.effort: 'xhigh' is not supported",
    ),
    "max effort without thinking": (
        make_params(
            "Hi",
            model="claude-opus-5",
            thinking={"type": "disabled"},
            output_config={"effort": "max"},
        ),
        "output_config.effort: 'max' is not supported with thinking type 'disabled'",
    ),
    "foreign signature": (
        make_params(
            "Hi", [{"type": "thinking", "thinking": "x", "signature": "eA=="}], "Hi"
        ),
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    "foreign redacted thinking": (
        make_params("Hi", [{"type": "redacted_thinking", "data": "x"}], "Hi"),
        "messages.1.content.0: Invalid `data`",
    ),
    # Tools
    "tool name": (
        make_params("Hi", tools=[{**TOOL, "name": "two words"}]),
        "tools.0.name: String should match",
    ),
    "tool name twice": (
        make_params("Hi", tools=[TOOL, TOOL]),
        "tools.1.name: tool names must be unique",
    ),
    "tool schema": (
        make_params("Hi", tools=[{**TOOL, "input_schema": {"type": "string"}}]),
        "tools.0.input_schema.type: Input should be 'object'",
    ),
    "tool field": (
        make_params("Hi", tools=[{**TOOL, "x": 1}]),
        "tools.0.x: Extra inputs",
    ),
    "strict tools": (
        make_params(
            "Hi", tools=[{**TOOL, "name": f"t{n}", "strict": True} for n in range(21)]
        ),
        "tools: at most 20 strict tools",
    ),
    "choice without tools": (
        make_params("Hi", tool_choice={"type": "auto"}),
        "tool_choice: may only be specified while providing `tools`",
    ),
    "choice of no tool": (
        tools("Hi", tool_choice={"type": "tool", "name": "x"}, model="claude-opus-5"),
        "tool_choice.name: Tool 'x' not found",
    ),
    "forced tool": (
        tools("Hi", tool_choice={"type": "any"}),
        "tool_choice.type: 'any' is not supported by claude-opus-5-5",
    ),
    "forced tool with enabled thinking": (
        tools(
            "Hi",
            tool_choice={"type": "any"},
            model="claude-haiku-4-5",
            thinking={"type": "enabled", "budget_tokens": 2000},
        ),
        "tool_choice.type: 'any' may not be used while thinking is enabled",
    ),
    "unanswered call": (
        tools("Hi", [CALL], "Hi"),
        "messages.2: `tool_use` ids were found without `tool_result` blocks",
    ),
    "half answered calls": (
        tools("Hi", [CALL, {**CALL, "id": "toolu_2"}], [RESULT]),
        "messages.2: `tool_use` ids were found without `tool_result` blocks "
        "immediately after: toolu_2",
    ),
    "result without a call": (
        tools([RESULT]),
        "messages.0.content.0: unexpected `tool_use_id` found",
    ),
    "result twice": (
        tools("Hi", [CALL], [RESULT, RESULT]),
        "messages.2.content.1: each tool_use must have a single result",
    ),
    "text before the result": (
        tools("Hi", [CALL], [text("Hi"), RESULT]),
        "messages.2.content.1: `tool_result` blocks must come before",
    ),
    "id used twice": (
        tools("Hi", [CALL], [RESULT], [CALL], [RESULT]),
        "messages.3.content.0: `tool_use` ids must be unique",
    ),
    "server tool not declared": (
        make_params(
            "Hi",
            [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}],
            "Hi",
        ),
        "messages.1.content.0: a `server_tool_use` block was found but no `web_search`",
    ),
    "search without a result": (
        searching("Hi", [SEARCH], "And?"),
        "messages.2: `web_search` tool use with id `srvtoolu_1` was found without a",
    ),
    "search without a result beside a call": (
        searching("Hi", [SEARCH, CALL], [RESULT, text("And?")]),
        "messages.2: `web_search` tool use with id `srvtoolu_1` was found without a",
    ),
    "result without a search": (
        searching("Hi", [FOUND], "And?"),
        "messages.1.content.0: unexpected `tool_use_id` found in "
        "`web_search_tool_result` blocks: srvtoolu_1",
    ),
    "loop without thinking": (
        tools(
            model="claude-haiku-4-5",
            thinking={"type": "enabled", "budget_tokens": 2000},
        )
        | {"messages": LOOP},
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but "
        "found `text`",
    ),
    # Caching
    "five breakpoints": (
        make_params([CACHED] * 5),
        "cache_control: A maximum of 4 blocks with cache_control may be provided. Found 5",
    ),
    "four breakpoints and the automatic one": (
        make_params([CACHED] * 4, cache_control={"type": "ephemeral"}),
        "cache_control: A maximum of 4 blocks",
    ),
    "long after short": (
        make_params([CACHED, CACHED_1H]),
        "messages.0.content.1.cache_control.ttl: a ttl='1h'",
    ),
    "another ttl on the last block": (
        make_params([CACHED_1H], cache_control={"type": "ephemeral"}),
        "messages.0.content.0.cache_control.ttl: '1h' differs",
    ),
    "ttl": (
        make_params("Hi", cache_control={"type": "ephemeral", "ttl": "1d"}),
        "cache_control.ttl: Input should be '5m', '1h'",
    ),
    # Citations and formats
    "some citations": (
        make_params(
            [text_document("a", citations=CITED), text_document("b"), text("?")]
        ),
        "messages.0.content.1.citations: citations must be enabled on all",
    ),
    "citations with a format": (
        make_params([text_document("a", citations=CITED)], output_config=formatted()),
        "output_config.format: citations cannot be combined",
    ),
    "open schema": (
        make_params("Hi", output_config=formatted(additionalProperties=True)),
        "output_config.format.schema: For 'object' type",
    ),
    "length in a schema": (
        make_params(
            "Hi",
            output_config=formatted(
                properties={"t": {"type": "string", "maxLength": 9}}
            ),
        ),
        "output_config.format.schema.properties.t: For schemas, property 'maxLength'",
    ),
    "recursive schema": (
        make_params(
            "Hi",
            output_config=formatted(
                properties={"next": {"$ref": "#/$defs/node"}},
                **{"$defs": {"node": {"anyOf": [{"$ref": "#/$defs/node"}]}}},
            ),
        ),
        "output_config.format.schema.properties.next.$defs.node.anyOf.0.$ref: recursive",
    ),
    "schema that is no object": (
        make_params("Hi", output_config=formatted(type="string")),
        "output_config.format.schema.type: Input should be 'object'",
    ),
    "items in a schema": (
        make_params(
            "Hi",
            output_config=formatted(properties={"t": {"type": "array", "minItems": 2}}),
        ),
        "output_config.format.schema.properties.t.minItems: Input should be 0 or 1",
    ),
    "unknown definition": (
        make_params(
            "Hi", output_config=formatted(properties={"t": {"$ref": "#/$defs/x"}})
        ),
        "output_config.format.schema.properties.t.$ref: '#/$defs/x' does not name",
    ),
    "prefill with a format": (
        make_params("Hi", "{", model="claude-haiku-4-5", output_config=formatted()),
        "messages.1: prefill is not supported with `output_config.format`",
    ),
    "prefill while thinking is enabled": (
        make_params(
            "Hi",
            "The answer is",
            model="claude-haiku-4-5",
            thinking={"type": "enabled", "budget_tokens": 2000},
        ),
        "messages.1: prefill is not supported while thinking is enabled",
    ),
    "prefill that ends in thinking": (
        make_params(
            "Hi",
            [{"type": "thinking", "thinking": "x", "signature": "eA=="}],
            model="claude-haiku-4-5",
        ),
        "messages.1: The final block in an assistant message cannot be `thinking`.",
    ),
    "body that is no object": (["Hi"], "body: Input should be a valid dictionary"),
    # Scenarios
    "unknown scenario": (make_params("[simulate: rain]"), "simulate: unknown scenario"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_refuses(name: str) -> None:
    params, beginning = REFUSALS[name]

    message = await refusal(params)

    assert message[: len(beginning)] == beginning


ACCEPTED: dict[str, Json] = {
    "null for absent fields": make_params(
        [{**text("Hi"), "cache_control": None}], system=None, tools=None, thinking=None
    ),
    "neighbouring user messages": system(("user", "x"), ("user", "y")),
    "system message last": system(("user", "x"), ("system", "z")),
    "neighbouring system messages": system(
        ("user", "x"),
        ("system", "a"),
        ("system", "b"),
        ("assistant", "y"),
        ("user", "z"),
    ),
    "prefill on 4.5": make_params("Hi", "The answer is", model="claude-haiku-4-5"),
    "four breakpoints": make_params([CACHED] * 4),
    "long before short": make_params([CACHED_1H, CACHED]),
    "fast without a header": make_params("Hi", speed="fast"),
    "between_tools": make_params(
        "Hi", model="claude-sonnet-5-5", thinking={"type": "between_tools"}
    ),
    "forced tool on Opus 5": tools(
        "Hi", tool_choice={"type": "any"}, model="claude-opus-5"
    ),
    "search answered in the next round": searching() | {"messages": TWO_ROUNDS},
    "search pending while a call is answered": searching(
        "Hi", [SEARCH, CALL], [RESULT], [FOUND, text("Yes")], "And?"
    ),
    "a whole character": make_params("A smile: \U0001f600"),
    "a loop of calls": tools("Hi", [CALL], [RESULT, text("Go on")]),
    "declared server tool": make_params(
        "Hi", tools=[{"type": "web_search_20250305", "name": "web_search"}]
    ),
    "all fields of the API": make_params(
        "Hi",
        metadata={"user_id": "u"},
        service_tier="auto",
        inference_geo="us",
        container=None,
        diagnostics={"previous_message_id": None},
        stop_sequences=["END"],
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
async def test_accepts(name: str) -> None:
    message = await answer(ACCEPTED[name])

    assert message["type"] == "message"


async def test_older_version_takes_sampling_and_documents_of_the_assistant() -> None:
    params = make_params(
        "Hi",
        [text_document("x"), text("y")],
        "Hi",
        model="claude-opus-4-6",
        temperature=0.5,
    )

    response = await post(params, headers={"anthropic-version": "2023-06-01"})

    assert response.status_code == 200


async def test_newer_models_refuse_other_sampling_on_the_older_version() -> None:
    params = make_params("Hi", temperature=0.5)

    message = await refusal(params, headers={"anthropic-version": "2023-06-01"})

    assert message == "temperature: `temperature` is not supported by claude-opus-5-5"


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({}, 401, "x-api-key header is required"),
        ({"x-api-key": "sk-ant-invalid"}, 401, "invalid x-api-key"),
        (
            {"x-api-key": "a", "authorization": "Bearer a"},
            401,
            "send either x-api-key or Authorization, not both",
        ),
        ({"x-api-key": "a"}, 400, "anthropic-version: header is required"),
        (
            {"x-api-key": "a", "anthropic-version": "2025-01-01"},
            400,
            'anthropic-version: "2025-01-01" is not a valid version',
        ),
        (
            {
                "x-api-key": "a",
                "anthropic-version": "2026-10-21",
                "anthropic-beta": "toast-2026",
            },
            400,
            "anthropic-beta: Unexpected value(s) `toast-2026`",
        ),
    ],
)
async def test_checks_headers(
    headers: dict[str, str], status: int, message: str
) -> None:
    simulator = Simulator(pace=0)
    async with make_client(simulator, headers) as client:
        response = await client.post("/v1/messages", json=make_params("Hi"))

    assert (response.status_code, response.json()["error"]["message"]) == (
        status,
        message,
    )


async def test_error_is_shaped_like_claudes() -> None:
    response = await post(make_params("Hi", model="claude-2"))

    assert response.status_code == 404
    assert response.json() == {
        "type": "error",
        "error": {"type": "not_found_error", "message": "model: claude-2"},
        "request_id": response.headers["request-id"],
    }


async def test_retired_model_is_gone() -> None:
    response = await post(make_params("Hi", model="claude-mythos-preview"))

    assert response.status_code == 404


async def test_body_over_32_mb_is_too_large() -> None:
    async with make_client(Simulator(pace=0)) as client:
        response = await client.post(
            "/v1/messages", content=b" " * (32 * 1024 * 1024 + 1)
        )

    assert response.status_code == 413
    assert response.json()["error"]["type"] == "request_too_large"


async def test_body_that_is_no_json_is_invalid() -> None:
    async with make_client(Simulator(pace=0)) as client:
        response = await client.post("/v1/messages", content=b"{")

    assert response.status_code == 400


async def test_unknown_path_is_not_found() -> None:
    response = await post({}, path="/v1/nothing")

    assert response.status_code == 404
    assert response.json()["error"]["type"] == "not_found_error"


async def test_prompt_over_the_window_is_too_long() -> None:
    params = make_params("word " * 170_000, model="claude-haiku-4-5")

    message = await refusal(params)

    assert message == "prompt is too long: 212512 tokens > 200000 maximum"


async def test_counting_takes_only_what_is_counted() -> None:
    message = await refusal_of_count(make_params("Hi"))

    assert message == "max_tokens: Extra inputs are not permitted"


async def refusal_of_count(params: Json) -> str:
    response = await post(params, path="/v1/messages/count_tokens")
    assert response.status_code == 400
    message: str = response.json()["error"]["message"]
    return message


async def test_pdf_counts_as_the_document_it_is() -> None:
    params = make_params([pdf_block(["One"]), text("What is it?")])

    assert (await answer(params))["stop_reason"] == "end_turn"
