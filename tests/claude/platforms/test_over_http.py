"""Signed requests over a real connection: nothing on the way changes what was signed."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conversations.claude import ClaudeClient, MessageSnapshot
from conversations.claude.platform_facts import Kind
from tests.claude.platforms.clients import params_for, provider_for
from tests.simulator.building import make_pdf

ROOT = Path(__file__).resolve().parents[3]
BASES = {
    "aws": "",
    "bedrock": "/anthropic",
    "bedrock_legacy": "",
    "foundry": "/anthropic",
    "google": "/v1",
}


@contextmanager
def serving(kind: Kind) -> Iterator[str]:
    """Run the platform's simulator in a process of its own; gives its base URL."""
    command = [sys.executable, "manage.py", "simulate_claude", "--port", "0"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with subprocess.Popen(
        [*command, "--pace", "0", "--platform", kind],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip() + BASES[kind]
        finally:
            process.terminate()


@pytest.mark.usefixtures("google_account")
@pytest.mark.parametrize("kind", BASES)
async def test_a_large_request_is_signed_and_answered(kind: Kind) -> None:
    pdf = base64.b64encode(make_pdf(["The bell weighs three tons."])).decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": pdf}
    content = [
        {"type": "document", "source": source},
        {"type": "text", "text": "Grüß Gott " * 5_000},
    ]
    params = params_for(kind) | {"messages": [{"role": "user", "content": content}]}

    with serving(kind) as base_url:
        client = ClaudeClient(provider_for(kind, base_url=base_url), max_retries=0)
        snapshot = MessageSnapshot()
        async with client.stream(params) as stream:
            async for events in stream:
                for event in events:
                    snapshot.apply(event)
        plain = await client.create(params_for(kind))
        await client.aclose()

    assert snapshot.is_complete
    assert snapshot.stop_reason == "end_turn"
    assert plain["role"] == "assistant"
