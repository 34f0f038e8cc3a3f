"""`/v1/messages/batches` as the simulator plays it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from conversations.simulator import Pace, Simulator
from tests.simulator.building import Json, make_client, make_params

PATH = "/v1/messages/batches"
SECONDS = 100.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def http(clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    simulator = Simulator(pace=Pace(0, 0, SECONDS), clock=clock)
    async with make_client(simulator) as client:
        yield client


def item(custom_id: str, prompt: str = "Hello", **fields: Any) -> Json:
    return {"custom_id": custom_id, "params": make_params(prompt, **fields)}


async def create(http: httpx.AsyncClient, *items: Any) -> Json:
    response = await http.post(PATH, json={"requests": items})
    assert response.status_code == 200, response.text
    batch: Json = response.json()
    return batch


async def results(http: httpx.AsyncClient, batch_id: str) -> dict[str, Json]:
    response = await http.get(f"{PATH}/{batch_id}/results")
    assert response.status_code == 200, response.text
    lines = [json.loads(line) for line in response.text.splitlines()]
    return {line["custom_id"]: line["result"] for line in lines}


async def test_a_batch_is_answered_after_its_time(
    http: httpx.AsyncClient, clock: Clock
) -> None:
    batch = await create(http, item("a"), item("b"))
    assert batch["processing_status"] == "in_progress"
    assert batch["request_counts"]["processing"] == 2
    assert (batch["results_url"], batch["ended_at"]) == (None, None)
    assert (await http.get(f"{PATH}/{batch['id']}/results")).status_code == 400

    clock.now += SECONDS
    ended = (await http.get(f"{PATH}/{batch['id']}")).json()
    found = await results(http, batch["id"])

    assert ended["processing_status"] == "ended"
    assert ended["request_counts"] == {
        "processing": 0,
        "succeeded": 2,
        "errored": 0,
        "canceled": 0,
        "expired": 0,
    }
    assert {result["type"] for result in found.values()} == {"succeeded"}
    assert found["a"]["message"]["usage"]["service_tier"] == "batch"


async def test_requests_are_checked_when_their_time_comes(
    http: httpx.AsyncClient, clock: Clock
) -> None:
    batch = await create(
        http,
        item("fine"),
        item("streamed", stream=True),
        item("none", max_tokens=0),
        item("fast", speed="fast"),
        item("unknown", model="claude-2"),
        {"custom_id": "shapeless", "params": {"messages": 3}},
        item("broken", "[simulate: 500] Hello"),
        item("cut", "[simulate: cut] Hello"),
        item("late", "[simulate: stall] Hello"),
        item("lost", "[simulate: empty] Hello"),
        item("refused", "[simulate: refusal] Hello"),
    )

    clock.now += SECONDS
    found = await results(http, batch["id"])

    errors = {
        custom_id: result["error"]["error"]["type"]
        for custom_id, result in found.items()
        if result["type"] == "errored"
    }
    assert errors == {
        "streamed": "invalid_request_error",
        "none": "invalid_request_error",
        "fast": "invalid_request_error",
        "unknown": "not_found_error",
        "shapeless": "invalid_request_error",
        "broken": "api_error",
        "cut": "api_error",
    }
    assert found["late"] == {"type": "expired"}
    assert "lost" not in found
    assert found["refused"]["message"]["stop_reason"] == "refusal"
    assert found["fine"]["type"] == "succeeded"


async def test_cancelling_keeps_what_was_reached(
    http: httpx.AsyncClient, clock: Clock
) -> None:
    batch = await create(http, *(item(f"r{number}") for number in range(4)))
    clock.now += SECONDS / 2

    canceling = (await http.post(f"{PATH}/{batch['id']}/cancel")).json()
    clock.now += SECONDS / 10
    found = await results(http, batch["id"])

    assert canceling["processing_status"] == "canceling"
    assert canceling["cancel_initiated_at"] is not None
    assert {custom_id: result["type"] for custom_id, result in found.items()} == {
        "r0": "succeeded",
        "r1": "succeeded",
        "r2": "canceled",
        "r3": "canceled",
    }
    again = await http.post(f"{PATH}/{batch['id']}/cancel")
    assert again.status_code == 400


@pytest.mark.parametrize(
    ("requests", "path"),
    [
        ([], "requests"),
        ([{"custom_id": "a"}], "requests.0.params"),
        ([{"custom_id": "a", "params": 1}], "requests.0.params"),
        ([item("a b")], "requests.0.custom_id"),
        ([item("a" * 65)], "requests.0.custom_id"),
        ([item("ä")], "requests.0.custom_id"),
        ([item("a"), item("a")], "requests.1.custom_id"),
        ([{**item("a"), "extra": 1}], "requests.0.extra"),
        ({}, "requests"),
    ],
)
async def test_a_wrong_shape_is_refused_at_once(
    http: httpx.AsyncClient, requests: Any, path: str
) -> None:
    response = await http.post(PATH, json={"requests": requests})

    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith(f"{path}:")


async def test_only_what_has_ended_is_deleted(
    http: httpx.AsyncClient, clock: Clock
) -> None:
    batch = await create(http, item("a"))
    address = f"{PATH}/{batch['id']}"

    assert (await http.delete(address)).status_code == 400
    clock.now += SECONDS
    assert (await http.delete(address)).json() == {
        "id": batch["id"],
        "type": "message_batch_deleted",
    }
    assert (await http.get(address)).status_code == 404


async def test_the_list_has_pages_newest_first(http: httpx.AsyncClient) -> None:
    ids = [(await create(http, item("a")))["id"] for _ in range(3)][::-1]

    first = (await http.get(f"{PATH}?limit=2")).json()
    second = (await http.get(f"{PATH}?limit=2&after_id={first['last_id']}")).json()

    assert [batch["id"] for batch in first["data"]] == ids[:2]
    assert ([batch["id"] for batch in second["data"]], second["has_more"]) == (
        ids[2:],
        False,
    )


async def test_results_are_archived_after_29_days(
    http: httpx.AsyncClient, clock: Clock
) -> None:
    batch = await create(http, item("a"))
    clock.now += 29 * 24 * 3600

    archived = (await http.get(f"{PATH}/{batch['id']}")).json()

    assert archived["archived_at"] is not None
    assert archived["results_url"] is None
    assert (await http.get(f"{PATH}/{batch['id']}/results")).status_code == 404
