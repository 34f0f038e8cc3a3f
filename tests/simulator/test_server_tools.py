"""The tools of the servers: declared strictly, played, and taken back whole."""

from typing import Any

import pytest

from conversations.simulator import Simulator
from tests.simulator.building import (
    TOOL,
    Json,
    answer,
    make_params,
    post,
    read_events,
    refusal,
    text_of,
)

SEARCH: Json = {"type": "web_search_20260318", "name": "web_search"}
FETCH: Json = {"type": "web_fetch_20260318", "name": "web_fetch"}
CODE: Json = {"type": "code_execution_20260521", "name": "code_execution"}
FINDER: Json = {
    "type": "tool_search_tool_bm25_20251119",
    "name": "tool_search_tool_bm25",
}


async def played(prompt: str, *tools: Json, **fields: Any) -> Json:
    return await answer(make_params(prompt, tools=list(tools), **fields))


def shown(message: Json) -> list[Json]:
    return [block for block in message["content"] if block["type"] != "thinking"]


def types(message: Json) -> list[str]:
    return [block["type"] for block in shown(message)]


async def test_a_search_cites_the_pages_that_it_found() -> None:
    message = await played("[simulate: web_search query=grass+and+bees]", SEARCH)

    call, result, *texts = shown(message)
    assert call["input"] == {"query": "grass and bees"}
    assert result["tool_use_id"] == call["id"]
    assert [page["title"] for page in result["content"]] == [
        "Grass and bees: an overview",
        "Grass and bees: questions and answers",
        "Grass and bees: the latest",
    ]
    cited = [c["url"] for block in texts for c in block.get("citations", ())]
    assert cited == [page["url"] for page in result["content"]]
    assert message["usage"]["server_tool_use"] == {
        "web_search_requests": 1,
        "web_fetch_requests": 0,
    }


@pytest.mark.parametrize(
    ("prompt", "tool", "name"),
    [
        ("Please search the web for bees.", SEARCH, "web_search"),
        ("What does https://example.org/bees say?", FETCH, "web_fetch"),
        ("Run some code for me", CODE, "code_execution"),
    ],
)
async def test_plain_words_are_enough(prompt: str, tool: Json, name: str) -> None:
    message = await played(prompt, tool)

    assert shown(message)[0]["name"] == name


async def test_without_the_tool_plain_words_do_nothing_and_a_scenario_is_refused() -> (
    None
):
    message = await answer(make_params("Search the web for bees."))

    assert types(message) == ["text"]
    assert "not declared" in await refusal(
        make_params("[simulate: web_search]", tools=[CODE])
    )


async def test_domains_and_uses_are_kept() -> None:
    tool = {**SEARCH, "allowed_domains": ["bees.example"], "max_uses": 1}

    message = await played("[simulate: web_search query=x times=2]", tool)

    first, second = (b for b in shown(message) if b["type"].endswith("_result"))
    assert {page["url"] for page in first["content"]} == {
        f"https://bees.example/x/{number}" for number in (1, 2, 3)
    }
    assert second["content"] == {
        "type": "web_search_tool_result_error",
        "error_code": "max_uses_exceeded",
    }
    assert message["usage"]["server_tool_use"]["web_search_requests"] == 1


async def test_a_site_that_is_not_allowed_is_not_opened() -> None:
    tool = {**FETCH, "blocked_domains": ["example.org"]}

    message = await played("[simulate: web_fetch url=https://www.example.org/a]", tool)

    assert shown(message)[1]["content"]["error_code"] == "url_not_allowed"


async def test_code_runs_in_a_container_that_stays() -> None:
    first = await played("[simulate: code exit=1]", CODE)
    container = first["container"]["id"]
    second = await played("[simulate: code]", CODE, container=container)

    run = shown(first)[1]["content"]
    assert (run["return_code"], run["stdout"]) == (1, "")
    assert second["container"]["id"] == container
    assert (await played("Hello", CODE))["container"] is None
    lost = await post(make_params("Hello", tools=[CODE], container="container_other"))
    assert (lost.status_code, lost.json()["error"]["type"]) == (404, "not_found_error")


@pytest.mark.parametrize(
    ("scenario", "tool"),
    [
        ("web_search", SEARCH),
        ("web_fetch", FETCH),
        ("code", CODE),
        ("code bash=1", CODE),
        ("tool_search", FINDER),
    ],
)
async def test_an_error_has_its_code(scenario: str, tool: Json) -> None:
    message = await played(f"[simulate: {scenario} error=unavailable]", tool)

    result = shown(message)[1]
    assert result["content"] == {
        "type": f"{result['type']}_error",
        "error_code": "unavailable",
    }
    assert message["usage"]["server_tool_use"] is None


async def test_the_tools_that_are_found_are_named() -> None:
    message = await played("[simulate: tool_search]", FINDER, TOOL)

    assert shown(message)[1]["content"]["tool_references"] == [
        {"type": "tool_reference", "tool_name": "calculator"}
    ]


@pytest.mark.parametrize("scenario", ["web_search", "web_fetch", "code files=1"])
async def test_what_was_played_is_taken_back_whole(scenario: str) -> None:
    tools = [SEARCH, FETCH, CODE]
    prompt = f"[simulate: {scenario}]"
    message = await played(prompt, *tools)

    following = make_params(prompt, message["content"], "And now?", tools=tools)
    assert text_of(await answer(following))


async def test_a_search_result_without_its_seal_is_refused() -> None:
    message = await played("[simulate: web_search]", SEARCH)
    content = message["content"]
    page = next(b for b in content if b["type"].endswith("_result"))["content"][0]

    del page["encrypted_content"]
    missing = await refusal(make_params("x", content, "y", tools=[SEARCH]))
    page["encrypted_content"] = "forged"
    forged = await refusal(make_params("x", content, "y", tools=[SEARCH]))

    assert "encrypted_content: Field required" in missing
    assert "Invalid `encrypted_content`" in forged


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "search"}, "tools.0.name: Input should be 'web_search'"),
        ({"max_uses": 0}, "tools.0.max_uses"),
        ({"allowed_domains": ["https://a.example"]}, "is no domain"),
        (
            {"allowed_domains": ["a.example"], "blocked_domains": ["b.example"]},
            "only one of",
        ),
        ({"user_location": {"type": "exact"}}, "user_location.type"),
        (
            {"user_location": {"type": "approximate", "country": "Austria"}},
            "user_location.country",
        ),
        ({"allowed_callers": ["me"]}, "allowed_callers.0"),
        ({"input_schema": {}}, "Extra inputs"),
        ({"use_cache": True}, "Extra inputs"),
    ],
)
async def test_declarations_are_checked(change: Json, problem: str) -> None:
    refused = await refusal(make_params("x", tools=[{**SEARCH, **change}]))

    assert problem in refused


async def test_a_good_declaration_passes() -> None:
    location = {"type": "approximate", "city": "Vienna", "country": "AT"}
    tool = {
        **SEARCH,
        "max_uses": 3,
        "blocked_domains": ["example.org/private"],
        "user_location": location,
        "allowed_callers": ["direct"],
    }

    assert text_of(await played("Hello", tool))


async def test_a_stream_tells_a_result_whole_and_counts_at_the_end() -> None:
    params = make_params(
        "[simulate: web_search] [simulate: silent]", tools=[SEARCH], stream=True
    )
    response = await post(params, simulator=Simulator(pace=0))

    events = read_events(response.text)
    starts = [e["content_block"] for e in events if e["type"] == "content_block_start"]
    assert starts[0]["input"] == {}
    assert len(starts[1]["content"]) == 3
    [end] = [event for event in events if event["type"] == "message_delta"]
    assert end["usage"]["server_tool_use"]["web_search_requests"] == 1
