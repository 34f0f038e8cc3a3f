"""The client: what it sends, and the answers that are not streams."""

import json
import logging

import pytest

from conversations.claude import (
    ClaudeClient,
    InvalidRequest,
    MalformedAnswer,
    Provider,
    RateLimited,
    Secret,
    StreamingRequired,
)

from .wire import (
    HELLO,
    KEY,
    PARAMS,
    Answer,
    ScriptedTransport,
    answered,
    client_for,
    read,
    sse,
    streamed,
)

MESSAGE = {"id": "msg_1", "content": [{"type": "text", "text": "A title"}]}


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (
            Provider(api_key=Secret("k")),
            {"anthropic-version": "2026-10-21", "authorization": "Bearer k"},
        ),
        (
            Provider(
                api_key=Secret("k"),
                auth_header="x-api-key",
                version="2023-06-01",
                betas=("a-1", "b-2"),
            ),
            {
                "anthropic-version": "2023-06-01",
                "anthropic-beta": "a-1,b-2",
                "x-api-key": "k",
            },
        ),
        (Provider(), {"anthropic-version": "2026-10-21"}),
    ],
)
async def test_headers_follow_the_provider(
    provider: Provider, expected: dict[str, str]
) -> None:
    client, transport = client_for(streamed(sse(*HELLO)), provider=provider)

    await read(client)

    sent = dict(transport.requests[0].headers)
    del sent["accept-encoding"], sent["connection"], sent["content-length"]
    assert sent == expected | {
        "host": "api.anthropic.com",
        "user-agent": "colloquy",
        "accept": "text/event-stream",
        "content-type": "application/json",
    }


async def test_a_base_url_may_have_a_path() -> None:
    provider = Provider(base_url="http://gateway.example:8080/claude/")
    client, transport = client_for(answered({"input_tokens": 1}), provider=provider)

    await client.count_tokens(PARAMS)

    url = "http://gateway.example:8080/claude/v1/messages/count_tokens"
    assert str(transport.requests[0].url) == url


async def test_a_lone_surrogate_can_be_sent() -> None:
    params = PARAMS | {"messages": [{"role": "user", "content": "half: \ud83d"}]}
    client, transport = client_for(answered(MESSAGE))

    await client.create(params)

    assert transport.bodies == [params | {"stream": False}]


async def test_create_returns_the_message() -> None:
    client, transport = client_for(answered(MESSAGE))

    assert await client.create(PARAMS) == MESSAGE
    assert transport.requests[0].headers["accept"] == "application/json"


async def test_create_refuses_what_has_to_be_streamed() -> None:
    client, transport = client_for(answered(MESSAGE))

    with pytest.raises(StreamingRequired) as caught:
        await client.create(PARAMS | {"max_tokens": 21_334})

    assert isinstance(caught.value, InvalidRequest)
    assert transport.requests == []
    assert await client.create(PARAMS | {"max_tokens": 21_333}) == MESSAGE


async def test_create_is_retried_and_tells() -> None:
    client, _ = client_for(Answer(status=500), answered(MESSAGE))
    attempts: list[int] = []

    retries = client.retries(lambda retry: attempts.append(retry.attempt))
    await client.create(PARAMS, retries=retries)

    assert attempts == [1]


@pytest.mark.parametrize(
    "answer",
    [
        answered({"id": "msg_1"}),
        answered([MESSAGE]),
        answered(MESSAGE | {"content": ["?"]}),
        answered(MESSAGE | {"content": [{"type": "text", "text": 5}]}),
        answered(MESSAGE | {"model": 5}),
        Answer([b"<html>"], headers={"content-type": "text/html"}),
        Answer([b"[" * 100_000]),
        Answer(),
    ],
)
async def test_a_success_without_a_message_is_malformed(answer: Answer) -> None:
    client, _ = client_for(answer, max_retries=0)

    with pytest.raises(MalformedAnswer) as caught:
        await client.create(PARAMS)

    assert (caught.value.status, caught.value.retryable) == (200, True)


async def test_an_error_object_in_a_plain_success_is_that_error() -> None:
    body = {"error": {"type": "rate_limit_error", "message": "Slow"}}
    client, _ = client_for(answered(body, request_id="req_1"), max_retries=0)

    with pytest.raises(RateLimited) as caught:
        await client.create(PARAMS)

    assert caught.value.request_id == "req_1"


async def test_betas_of_a_message_go_into_the_header_beside_the_providers() -> None:
    provider = Provider(betas=("a-1",))
    client, transport = client_for(answered(MESSAGE), provider=provider)

    await client.create({**PARAMS, "betas": ["b-2", "a-1"]})

    [request] = transport.requests
    assert request.headers["anthropic-beta"] == "a-1,b-2"
    assert json.loads(request.content) == {**PARAMS, "stream": False}


async def test_models_are_listed_where_no_beta_is_known() -> None:
    refusal = {"type": "error", "error": {"type": "invalid_request_error"}}
    page = {"data": [{"id": "one"}], "has_more": False}
    client, transport = client_for(answered(refusal, 400), answered(page))

    models = await client.models()

    assert models == [{"id": "one"}]
    betas = [request.headers.get("anthropic-beta") for request in transport.requests]
    assert betas == ["compact-2026-09-04", None]


async def test_counting_sends_what_counting_takes() -> None:
    client, transport = client_for(answered({"input_tokens": 14}))
    params = PARAMS | {"system": "Be brief", "metadata": {"user_id": "u"}}

    assert await client.count_tokens(params) == 14
    assert transport.bodies == [
        {
            "model": PARAMS["model"],
            "messages": PARAMS["messages"],
            "system": "Be brief",
        }
    ]


async def test_a_count_that_is_none_is_malformed() -> None:
    client, _ = client_for(answered({"input_tokens": "14"}), max_retries=0)

    with pytest.raises(MalformedAnswer):
        await client.count_tokens(PARAMS)


async def test_models_come_from_all_pages() -> None:
    client, transport = client_for(
        answered(
            {"data": [{"id": "a"}, {"id": "b"}], "has_more": True, "last_id": "b"}
        ),
        answered({"data": [{"id": "c"}], "has_more": False, "last_id": "c"}),
    )

    assert await client.models() == [{"id": "a"}, {"id": "b"}, {"id": "c"}]
    assert [dict(request.url.params) for request in transport.requests] == [
        {"limit": "1000"},
        {"limit": "1000", "after_id": "b"},
    ]


@pytest.mark.parametrize(
    "second",
    [
        {"has_more": False},
        {"data": [], "has_more": True},
        {"data": [], "has_more": True, "last_id": "b"},
    ],
)
async def test_a_page_that_leads_nowhere_ends_the_listing(
    second: dict[str, object],
) -> None:
    first = {"data": [], "has_more": True, "last_id": "b"}
    client, _ = client_for(answered(first), answered(second), max_retries=0)

    with pytest.raises(MalformedAnswer):
        await client.models()


async def test_the_key_is_in_no_log_and_no_repr(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"error": {"type": "api_error", "message": f"{KEY} broke"}}
    client, _ = client_for(answered(body, 500), streamed(sse(*HELLO)))

    assert await read(client) == HELLO

    assert "[key] broke" in caplog.text
    assert KEY not in caplog.text
    assert KEY not in f"{client!r} {client.provider!r} {client.provider}"


async def test_closing_closes_the_transport() -> None:
    closed: list[bool] = []

    class Transport(ScriptedTransport):
        async def aclose(self) -> None:
            closed.append(True)

    client = ClaudeClient(Provider(), transport=Transport())

    await client.aclose()

    assert closed == [True]
