"""The transport passes chunks on while they are made, and stops when closed."""

import asyncio

import httpx
import pytest

from conversations.simulator import ReceivedRequest, Simulator
from tests.simulator.building import (
    HEADERS,
    make_client,
    make_params,
    post,
    read_events,
)


class Gate:
    """A sleep that lets one delta through for each `open`."""

    def __init__(self) -> None:
        self.waiting = 0
        self.cancelled = False
        self.reached = asyncio.Event()
        self._passes = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        self.waiting += 1
        self.reached.set()
        try:
            await self._passes.acquire()
        except asyncio.CancelledError:
            self.cancelled = True
            raise

    def open(self) -> None:
        self._passes.release()


STREAMED = make_params("[simulate: silent] Hello", stream=True)


async def test_chunks_come_before_the_answer_is_finished() -> None:
    gate = Gate()
    async with make_client(Simulator(sleep=gate.sleep)) as client:
        request = client.build_request("POST", "/v1/messages", json=STREAMED)
        response = await client.send(request, stream=True)
        chunks = response.aiter_raw()
        started = [await anext(chunks) for _ in range(3)]
        gate.open()
        delta = await anext(chunks)
        await response.aclose()

    kinds = [event["type"] for event in read_events(b"".join(started).decode())]
    assert kinds == ["message_start", "ping", "content_block_start"]
    assert b"content_block_delta" in delta
    assert gate.waiting == 1


async def test_closing_stops_the_generator() -> None:
    simulator = Simulator(pace=0)
    reply = await simulator.handle(
        ReceivedRequest(
            "POST",
            "/v1/messages",
            HEADERS,
            httpx.Request("POST", "http://x", json=STREAMED).content,
        )
    )
    await anext(reply.chunks)
    await reply.chunks.aclose()

    with pytest.raises(StopAsyncIteration):
        await anext(reply.chunks)


async def test_cancelling_the_reader_cancels_the_answer() -> None:
    gate = Gate()
    async with make_client(Simulator(sleep=gate.sleep)) as client:
        reading = asyncio.create_task(client.post("/v1/messages", json=STREAMED))
        await gate.reached.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    assert gate.cancelled


async def test_read_timeout_holds_before_the_response() -> None:
    params = make_params("[simulate: stall]")
    async with make_client(Simulator(pace=0)) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v1/messages", json=params, timeout=0.02)


async def test_requests_are_kept() -> None:
    simulator = Simulator(pace=0)

    await post(STREAMED, simulator=simulator)

    (request,) = simulator.requests
    assert (request.method, request.path, request.body) == (
        "POST",
        "/v1/messages",
        STREAMED,
    )
    assert request.headers["x-api-key"] == "key"


async def test_only_the_last_200_requests_are_kept() -> None:
    simulator = Simulator(pace=0)
    async with make_client(simulator) as client:
        for number in range(203):
            await client.get(f"/v1/models/{number}")

    assert [r.path for r in simulator.requests[::199]] == [
        "/v1/models/3",
        "/v1/models/202",
    ]


async def test_kept_requests_do_not_fill_the_memory() -> None:
    simulator = Simulator(pace=0)
    async with make_client(simulator) as client:
        for _ in range(3):
            await client.post("/v1/messages", content=b" " * (30 * 1024 * 1024))

    assert len(simulator.requests) == 1


async def test_responses_carry_id_and_rate_limits() -> None:
    response = await post(
        make_params("Hello"), simulator=Simulator(pace=0, clock=lambda: 0)
    )

    headers = {k: v for k, v in response.headers.items() if "input-tokens" in k}
    assert response.headers["request-id"].startswith("req_")
    assert headers == {
        "anthropic-ratelimit-input-tokens-limit": "2000000",
        "anthropic-ratelimit-input-tokens-remaining": "2000000",
        "anthropic-ratelimit-input-tokens-reset": "1970-01-01T00:01:00Z",
    }
