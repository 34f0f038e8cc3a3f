"""Each scenario that a prompt can name plays what it promises."""

import asyncio
import json

import httpx
import pytest

from conversations.simulator import Pace, Simulator
from tests.simulator.building import (
    Json,
    answer,
    make_client,
    make_params,
    post,
    read_events,
    text_of,
)

SAID = "Tell me what you can do with a document"


def simulated(scenario: str, **fields: object) -> Json:
    return make_params(f"{SAID} [simulate: {scenario}]", **fields)


async def streamed(scenario: str, simulator: Simulator | None = None) -> httpx.Response:
    return await post(simulated(scenario, stream=True), simulator=simulator)


async def partly_streamed(
    scenario: str, simulator: Simulator | None = None
) -> tuple[str, str]:
    """Return what came of a stream, and the name of the error it ended with."""
    received = b""
    async with make_client(simulator or Simulator(pace=0)) as client:
        request = client.build_request(
            "POST",
            "/v1/messages",
            json=simulated(scenario, stream=True),
            timeout=httpx.Timeout(5, read=0.05),
        )
        response = await client.send(request, stream=True)
        try:
            async for chunk in response.aiter_bytes():
                received += chunk
        except httpx.HTTPError as error:
            return received.decode(), type(error).__name__
        finally:
            await response.aclose()
    return received.decode(), ""


def streamed_text(body: str) -> str:
    deltas = [event.get("delta", {}) for event in read_events(body)]
    return "".join(delta.get("text", "") for delta in deltas)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
async def test_status(status: int, kind: str) -> None:
    response = await streamed(str(status))

    assert (response.status_code, response.json()["error"]["type"]) == (status, kind)


async def test_retry_after_and_times() -> None:
    simulator = Simulator(pace=0)

    statuses = [
        (await streamed("429 retry-after=2 times=2", simulator)) for _ in range(3)
    ]

    assert [r.status_code for r in statuses] == [429, 429, 200]
    assert [r.headers.get("retry-after") for r in statuses] == ["2", "2", None]


async def test_times_counts_each_request_for_itself() -> None:
    simulator = Simulator(pace=0)

    first = await post(simulated("529 times=1"), simulator=simulator)
    other = await post(simulated("529 times=1", max_tokens=99), simulator=simulator)

    assert (first.status_code, other.status_code) == (529, 529)


async def test_spend_limit_has_no_retry_after() -> None:
    response = await streamed("429 code=enforced_spend_limit_reached")

    details = response.json()["error"]["details"]
    assert details == {"error_code": "enforced_spend_limit_reached"}
    assert "retry-after" not in response.headers


async def test_overload_in_mid_stream() -> None:
    body = (await streamed("529-mid-stream after=10")).text

    last = read_events(body)[-1]
    assert len(streamed_text(body)) == 10
    assert (last["type"], last["error"]["type"]) == ("error", "overloaded_error")


async def test_cut_breaks_the_connection() -> None:
    body, error = await partly_streamed("cut after=25")

    assert (len(streamed_text(body)), error) == (25, "RemoteProtocolError")


async def test_cut_comes_even_when_the_answer_is_short() -> None:
    body, error = await partly_streamed("cut after=100000")

    assert error == "RemoteProtocolError"
    assert "message_stop" not in body


async def test_garbage_is_no_json() -> None:
    body = (await streamed("garbage")).text

    with pytest.raises(json.JSONDecodeError):
        read_events(body)


async def test_empty_is_200_without_events() -> None:
    response = await streamed("empty")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"].startswith("text/event-stream")


async def test_html_is_no_stream() -> None:
    response = await streamed("html")

    assert response.headers["content-type"] == "text/html"


async def test_no_message_stop() -> None:
    events = read_events((await streamed("no-message-stop")).text)

    assert events[-1]["type"] == "message_delta"


async def test_stall_falls_silent_after_some_text() -> None:
    body, error = await partly_streamed("stall after=5")

    assert (len(streamed_text(body)), error) == (5, "ReadTimeout")


async def test_stall_may_send_pings() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if slept.count(7.0) > 3:
            await asyncio.Event().wait()

    body, error = await partly_streamed("stall pings=7", Simulator(pace=0, sleep=sleep))

    # One at the start of every stream, three in the silence.
    assert (body.count("event: ping"), error) == (4, "ReadTimeout")


async def test_slow_waits_between_deltas_at_any_pace() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    simulator = Simulator(pace=Pace(0, 0), sleep=sleep)
    await streamed("slow seconds=2", simulator)

    assert set(slept) == {0, 2.0}
    assert slept.count(2.0) == len(slept) - 1


async def test_refusal_comes_before_any_output() -> None:
    message = await answer(simulated("refusal category=cyber"))

    assert (message["content"], message["stop_reason"]) == ([], "refusal")
    assert message["stop_details"] == {
        "type": "refusal",
        "category": "cyber",
        "explanation": "The simulator was asked to refuse this request.",
    }
    assert message["usage"]["output_tokens"] == 0


async def test_refusal_in_mid_stream_keeps_some_text() -> None:
    message = await answer(simulated("refusal-mid-stream"))

    assert (len(text_of(message)), message["stop_reason"]) == (200, "refusal")


@pytest.mark.parametrize(
    ("scenario", "stop_reason"),
    [("max_tokens", "max_tokens"), ("window", "model_context_window_exceeded")],
)
async def test_truncation(scenario: str, stop_reason: str) -> None:
    whole = await answer(make_params(SAID))
    message = await answer(simulated(scenario))

    assert message["stop_reason"] == stop_reason
    assert text_of(whole).startswith(text_of(message))
    assert 0 < len(text_of(message)) < len(text_of(whole))


async def test_pause_goes_on_when_the_answer_is_sent_back() -> None:
    params = simulated("pause_turn times=2")
    reasons = []
    for _ in range(3):
        message = await answer(params)
        reasons.append(message["stop_reason"])
        params["messages"].append({"role": "assistant", "content": message["content"]})

    assert reasons == ["pause_turn", "pause_turn", "end_turn"]


async def test_long_has_exactly_the_characters_asked_for() -> None:
    message = await answer(simulated("long chars=12345", max_tokens=64000))

    assert len(text_of(message)) == 12345


@pytest.mark.parametrize(
    ("prompt", "echo"),
    [
        ("[simulate: echo]\n# Head\n\n  code\n", "# Head\n\n  code\n"),
        ("[simulate: echo] a [simulate: 529] b", "a [simulate: 529] b"),
        ("before [simulate: echo]", "before"),
        ("[simulate: silent] [simulate: echo]\n\nx", "\nx"),
    ],
)
async def test_echo_answers_exactly_the_rest(prompt: str, echo: str) -> None:
    assert text_of(await answer(make_params(prompt))) == echo


async def test_silent_does_not_think() -> None:
    message = await answer(simulated("silent"))

    assert [block["type"] for block in message["content"]] == ["text"]


async def test_title_requests_do_not_play_scenarios() -> None:
    params = make_params(
        "[simulate: 500] Plan a garden",
        system="Write a short title for this conversation.",
    )

    assert text_of(await answer(params)) == "Plan a garden"


async def test_option_that_is_no_number_is_invalid() -> None:
    response = await post(simulated("long chars=many"))

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("scenario", "status", "length"),
    [("529-mid-stream", 529, None), ("empty", 200, 0), ("garbage", 200, 40)],
)
async def test_trouble_without_a_stream(
    scenario: str, status: int, length: int | None
) -> None:
    response = await post(simulated(scenario))

    assert response.status_code == status
    assert length is None or len(response.content) == length
