"""Message batches: what is sent, what is read, and what is never sent twice."""

import io
import json
from typing import Any

import anthropic
import httpx
import httpx2
import pytest

from conversations.claude import (
    ClaudeClient,
    ClaudeError,
    ConnectionFailed,
    MalformedAnswer,
    NotFound,
    Provider,
    RateLimited,
    Secret,
    UpstreamFailed,
)
from conversations.claude.batches import (
    CUSTOM_ID,
    cancel_batch,
    create_batch,
    delete_batch,
    get_batch,
    list_batches,
    read_results,
    write_body,
)
from conversations.simulator import Pace, Simulator, SimulatorTransport

from .wire import KEY, PARAMS, Answer, Sleeper, answered, client_for

BATCH = {"id": "msgbatch_1", "processing_status": "in_progress"}
REQUESTS = [("row-1", PARAMS), ("row-2", PARAMS | {"max_tokens": 7})]


def body_of(requests: Any = REQUESTS) -> tuple[io.BytesIO, int]:
    file = io.BytesIO()
    return file, write_body(file, requests)


async def create(client: ClaudeClient) -> dict[str, Any]:
    return await create_batch(client, *body_of())


async def results_of(client: ClaudeClient) -> list[dict[str, Any]]:
    return [result async for result in read_results(client, "msgbatch_1")]


def lines(*chunks: bytes | Exception) -> Answer:
    return Answer(chunks, headers={"content-type": "application/x-jsonl"})


async def test_the_body_is_that_of_the_sdk() -> None:
    client, transport = client_for(answered(BATCH))
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json=BATCH)

    assert await create(client) == BATCH
    with (
        httpx2.Client(transport=httpx2.MockTransport(answer)) as http,
        anthropic.Anthropic(api_key="key", http_client=http) as sdk,
    ):
        sdk.messages.batches.create(
            requests=[
                {"custom_id": custom_id, "params": params}  # type: ignore[typeddict-item]
                for custom_id, params in REQUESTS
            ]
        )

    (ours,) = transport.requests
    assert json.loads(ours.content) == json.loads(sent[0].content)
    assert (ours.method, ours.url.path) == (sent[0].method, sent[0].url.path)
    assert ours.headers["content-length"] == str(len(ours.content))


async def test_a_lone_surrogate_can_be_sent() -> None:
    params = {"messages": [{"role": "user", "content": "half: \ud83d"}]}
    file, size_bytes = body_of([("a", params)])

    assert size_bytes == len(file.getvalue())
    assert json.loads(file.getvalue())["requests"][0]["params"] == params


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.ReadError("reset"), ConnectionFailed),
        (Answer(status=500), UpstreamFailed),
        (answered({}, 429, retry_after="1"), RateLimited),
        (Answer([b"<html>"]), MalformedAnswer),
    ],
)
async def test_a_batch_is_never_created_twice(
    answer: Answer | Exception, error: type[ClaudeError]
) -> None:
    client, transport = client_for(answer, answered(BATCH))

    with pytest.raises(error):
        await create(client)

    (request,) = transport.requests
    assert request.extensions["send_once"]


async def test_a_batch_is_looked_at_cancelled_and_deleted() -> None:
    client, transport = client_for(
        Answer(status=529), answered(BATCH), answered(BATCH), answered(BATCH)
    )

    assert await get_batch(client, "msgbatch_1") == BATCH
    assert await cancel_batch(client, "msgbatch_1") == BATCH
    await delete_batch(client, "msgbatch/1")

    assert [
        f"{request.method} {request.url.raw_path.decode()}"
        for request in transport.requests
    ] == [
        "GET /v1/messages/batches/msgbatch_1",
        "GET /v1/messages/batches/msgbatch_1",
        "POST /v1/messages/batches/msgbatch_1/cancel",
        "DELETE /v1/messages/batches/msgbatch%2F1",
    ]


async def test_the_list_is_read_over_all_pages() -> None:
    client, transport = client_for(
        answered({"data": [{"id": "b"}], "has_more": True, "last_id": "b"}),
        answered({"data": [{"id": "a"}], "has_more": False, "last_id": "a"}),
    )

    assert [batch["id"] async for batch in list_batches(client)] == ["b", "a"]
    assert transport.requests[1].url.params["after_id"] == "b"


async def test_a_list_that_leads_nowhere_is_an_error() -> None:
    page = {"data": [], "has_more": True, "last_id": "b"}
    client, _ = client_for(answered(page), answered(page))

    with pytest.raises(MalformedAnswer):
        _ = [batch async for batch in list_batches(client)]


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_results_are_read_line_by_line(size: int) -> None:
    expected = [
        {"custom_id": f"row-{number}", "result": {"type": "expired"}}
        for number in range(5)
    ]
    body = b"\n\r\n".join(json.dumps(line).encode() for line in expected)
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    answer = lines(*chunks)
    client, transport = client_for(answer)

    assert await results_of(client) == expected
    assert answer.is_closed
    assert transport.requests[0].headers["accept"] == "application/binary"


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"custom_id": "a"}', b"<html>"])
async def test_a_line_that_is_no_result_is_an_error(line: bytes) -> None:
    client, _ = client_for(lines(line))

    with pytest.raises(MalformedAnswer):
        await results_of(client)


async def test_results_that_break_off_keep_what_came() -> None:
    line = b'{"custom_id": "a", "result": {"type": "expired"}}\n'
    answer = lines(line, httpx.ReadError("reset"))
    client, _ = client_for(answer)
    results = read_results(client, "msgbatch_1")

    assert (await anext(results))["custom_id"] == "a"
    with pytest.raises(ConnectionFailed):
        await anext(results)
    assert answer.is_closed


async def test_results_that_nobody_reads_to_the_end_are_closed() -> None:
    line = b'{"custom_id": "a", "result": {"type": "expired"}}\n'
    answer = lines(line * 3)
    client, _ = client_for(answer)

    results = read_results(client, "msgbatch_1")
    await anext(results)
    await results.aclose()

    assert answer.is_closed


async def test_with_the_simulator() -> None:
    simulator = Simulator(pace=Pace(0, 0, 0))
    client = ClaudeClient(
        Provider(api_key=Secret(KEY)),
        transport=SimulatorTransport(simulator),
        sleep=Sleeper(),
    )

    batch = await create(client)
    ended = await get_batch(client, batch["id"])
    results = {
        result["custom_id"]: result["result"]
        async for result in read_results(client, batch["id"])
    }
    await delete_batch(client, batch["id"])

    assert ended["request_counts"]["succeeded"] == 2
    assert results["row-1"]["message"]["usage"]["service_tier"] == "batch"
    with pytest.raises(NotFound):
        await get_batch(client, batch["id"])


def test_the_pattern_of_a_custom_id() -> None:
    assert CUSTOM_ID.fullmatch("row_1-A")
    assert not any(CUSTOM_ID.fullmatch(text) for text in ("", "a b", "ä", "a" * 65))
