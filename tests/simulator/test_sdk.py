"""The official SDK, over HTTP, takes the simulator for the API."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anthropic
import pytest

from tests.simulator.building import TOOL, make_pdf

ROOT = Path(__file__).resolve().parents[2]
MODEL = "claude-opus-5-5"


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """The address of a simulator that runs in a process of its own."""
    command = [
        sys.executable,
        "manage.py",
        "simulate_claude",
        "--port",
        "0",
        "--pace",
        "0",
    ]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture
def client(base_url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=base_url, api_key="key", max_retries=2) as client:
        yield client


def test_create(client: anthropic.Anthropic) -> None:
    message = client.messages.create(
        model=MODEL, max_tokens=2000, messages=[{"role": "user", "content": "Hello"}]
    )

    assert [block.type for block in message.content] == ["thinking", "text"]
    assert (message.stop_reason, message.model) == ("end_turn", MODEL)
    assert message._request_id is not None


def test_stream_with_citations_and_a_second_turn(client: anthropic.Anthropic) -> None:
    content = base64.b64encode(make_pdf(["First page.", "The bell weighs three tons."]))
    question: anthropic.types.MessageParam = {
        "role": "user",
        "content": [
            {
                "type": "document",
                "source": {
                    "type": "base64",
                    "media_type": "application/pdf",
                    "data": content.decode(),
                },
                "citations": {"enabled": True},
            },
            {"type": "text", "text": "How heavy is the bell?"},
        ],
    }
    messages = [question]
    with client.messages.stream(
        model=MODEL,
        max_tokens=2000,
        messages=messages,
        thinking={"type": "adaptive", "display": "summarized"},
        cache_control={"type": "ephemeral"},
    ) as stream:
        first = stream.get_final_message()
    messages += [first.to_param(), {"role": "user", "content": "Thank you"}]
    with client.messages.stream(
        model=MODEL,
        max_tokens=2000,
        messages=messages,
        cache_control={"type": "ephemeral"},
    ) as stream:
        second = stream.get_final_message()

    (citation,) = [
        citation
        for block in first.content
        if block.type == "text"
        for citation in block.citations or []
    ]
    assert citation.type == "page_location"
    assert (citation.cited_text, citation.start_page_number) == (
        "The bell weighs three tons.",
        2,
    )
    assert second.stop_reason == "end_turn"
    assert second.usage.cache_read_input_tokens == (
        first.usage.cache_creation_input_tokens
    )


def test_tool_use(client: anthropic.Anthropic) -> None:
    tool: anthropic.types.ToolParam = {
        "name": TOOL["name"],
        "input_schema": TOOL["input_schema"],
    }
    with client.messages.stream(
        model=MODEL,
        max_tokens=2000,
        tools=[tool],
        messages=[{"role": "user", "content": "What is 6 * 7?"}],
    ) as stream:
        message = stream.get_final_message()

    call = message.content[-1]
    assert call.type == "tool_use"
    assert (call.name, call.input) == ("calculator", {"expression": "6 * 7"})


def test_count_tokens(client: anthropic.Anthropic) -> None:
    messages: list[anthropic.types.MessageParam] = [
        {"role": "user", "content": "Hello"}
    ]

    count = client.messages.count_tokens(model=MODEL, messages=messages)
    message = client.messages.create(model=MODEL, max_tokens=100, messages=messages)

    assert count.input_tokens == message.usage.input_tokens


def test_models_over_all_pages(client: anthropic.Anthropic) -> None:
    listed = list(client.models.list(limit=7))

    assert len(listed) == 18
    capabilities = client.models.retrieve(MODEL).capabilities
    assert capabilities is not None
    assert capabilities.thinking.types.adaptive.supported


def test_errors_are_the_sdks_own(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(
            model="claude-2", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]
        )
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(model=MODEL, max_tokens=5, messages=[])


def test_retry_gets_through_an_overload(client: anthropic.Anthropic) -> None:
    prompt = "[simulate: 529 times=1] Hello"

    message = client.messages.create(
        model=MODEL, max_tokens=100, messages=[{"role": "user", "content": prompt}]
    )

    assert message.type == "message"


def test_overload_in_mid_stream_is_raised(client: anthropic.Anthropic) -> None:
    prompt = "[simulate: 529-mid-stream] Hello"
    with (
        client.messages.stream(
            model=MODEL, max_tokens=2000, messages=[{"role": "user", "content": prompt}]
        ) as stream,
        pytest.raises(anthropic.APIStatusError),
    ):
        stream.until_done()


def test_a_batch_from_its_creation_to_its_deletion(client: anthropic.Anthropic) -> None:
    prompts = {"fine": "Hello", "broken": "[simulate: 529] Hello"}
    batch = client.messages.batches.create(
        requests=[
            {
                "custom_id": custom_id,
                "params": {
                    "model": MODEL,
                    "max_tokens": 500,
                    "messages": [{"role": "user", "content": prompt}],
                },
            }
            for custom_id, prompt in prompts.items()
        ]
    )

    # Without a pace a batch ends at once, but nobody is told before they ask.
    assert (batch.processing_status, batch.request_counts.processing) == (
        "in_progress",
        2,
    )
    ended = client.messages.batches.retrieve(batch.id)
    assert ended.processing_status == "ended"
    found = {
        line.custom_id: line.result
        for line in client.messages.batches.results(batch.id)
    }
    assert found["fine"].type == "succeeded"
    assert found["fine"].message.usage.service_tier == "batch"
    assert found["broken"].type == "errored"
    assert found["broken"].error.error.type == "overloaded_error"
    assert batch.id in [listed.id for listed in client.messages.batches.list(limit=1)]
    assert client.messages.batches.delete(batch.id).type == "message_batch_deleted"


def test_compaction_by_the_beta_namespace(client: anthropic.Anthropic) -> None:
    betas: list[anthropic.types.AnthropicBetaParam] = ["compact-2026-09-04"]
    spoken: list[anthropic.types.beta.BetaMessageParam] = [
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "Hello Ada."},
    ]

    with client.beta.messages.stream(
        model=MODEL,
        max_tokens=2000,
        betas=betas,
        compaction={"type": "summarize"},
        messages=spoken,
    ) as stream:
        message = stream.get_final_message()
    [block] = message.content
    answer = client.beta.messages.create(
        model=MODEL,
        max_tokens=2000,
        betas=betas,
        messages=[
            {"role": "assistant", "content": [block]},
            {"role": "user", "content": "And now?"},
        ],
    )

    assert block.type == "compaction"
    assert message.usage.iterations is not None
    assert (message.stop_reason, answer.stop_reason) == ("compaction", "end_turn")
