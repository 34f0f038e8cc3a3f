"""A kept request, sent again by hand: with curl, and with the official library."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread as OperatingSystemThread
from typing import Any

import pytest

from conversations.claude import Call, Secret
from conversations.claude.platform_facts import PLATFORMS, Setting
from conversations.claude.platforms import provider_of
from conversations.inspection.records import Whole
from conversations.inspection.snippets import as_curl, as_json, as_python
from conversations.models import RequestRecord
from tests.turns.scripted import answer

PARAMS = {
    "model": "claude-opus-5-5",
    "max_tokens": 1000,
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": 'It\'s $HOME, "é" `x`'}]}
    ],
    "stream": True,
}


def request_to(base_url: str) -> Whole:
    record = RequestRecord(
        url=f"{base_url}/v1/messages",
        headers={"anthropic-version": "2026-10-21", "anthropic-beta": "a,b"},
    )
    return Whole(record, PARAMS, None)


class Listener(HTTPServer):
    """Answers every request with a stream, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.path, headers, json.loads(body)))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for event in answer("Hello"):
            assert isinstance(event, dict)
            frame = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            self.wfile.write(frame.encode())

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = OperatingSystemThread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_curl_gets_the_body_through_a_shell() -> None:
    command = as_curl(request_to("https://api.anthropic.com"))

    words = shlex.split(command)

    assert words[:2] == ["curl", "https://api.anthropic.com/v1/messages"]
    assert json.loads(words[words.index("--data-binary") + 1]) == PARAMS
    headers = [words[at + 1] for at, word in enumerate(words) if word == "-H"]
    assert headers == [
        "authorization: Bearer $ANTHROPIC_API_KEY",
        "anthropic-version: 2026-10-21",
        "anthropic-beta: a,b",
        "content-type: application/json",
    ]


def test_python_sends_the_same_with_the_official_library(listener: Listener) -> None:
    program = as_python(request_to(listener.url))

    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"ANTHROPIC_API_KEY": "sk-test"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert ran.stdout.startswith("Hello")
    [(path, headers, body)] = listener.asked
    assert path == "/v1/messages"
    assert headers["anthropic-version"] == "2026-10-21"
    assert headers["anthropic-beta"] == "a,b"
    assert body == PARAMS


def test_half_a_character_stays_an_escape() -> None:
    assert as_json({"text": "é\ud83d"}) == '{\n  "text": "é\\ud83d"\n}'


PLACE: dict[Setting, str] = {
    "region": "eu-central-1",
    "project": "p-1",
    "workspace": "wrkspc_1",
    "resource": "our-team",
}


def request_through(kind: Any) -> Whole:
    provider = provider_of(
        kind,
        secret=Secret("key"),
        betas=("beta-1",) if "betas" not in PLATFORMS[kind].lacks else (),
        settings=PLACE,
    )
    call = provider.write(Call("POST", "/v1/messages", PARAMS))
    headers = provider.headers(call.betas)
    kept = {name: text for name, text in headers.items() if "key" not in text}
    assert isinstance(call.params, dict)
    record = RequestRecord(url=provider.url(call.path), headers=kept)
    return Whole(record, call.params, None)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("bedrock", '--aws-sigv4 "aws:amz:eu-central-1:bedrock-mantle"'),
        ("bedrock_legacy", '--aws-sigv4 "aws:amz:eu-central-1:bedrock"'),
        ("aws", '--aws-sigv4 "aws:amz:eu-central-1:aws-external-anthropic"'),
        ("google", "Bearer $(gcloud auth print-access-token)"),
        ("google_anthropic", "Bearer $(gcloud auth print-access-token)"),
        ("foundry", "x-api-key: $ANTHROPIC_FOUNDRY_API_KEY"),
    ],
)
def test_a_cloud_is_asked_in_its_own_form(
    kind: Any, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", "key")
    whole = request_through(kind)
    program = as_python(whole)
    names: dict[str, Any] = {}

    exec(program.partition("with client")[0], names)  # noqa: S102  ours

    assert options in as_curl(whole)
    assert names["params"]["model"] == PARAMS["model"]
    assert "anthropic_version" not in names["params"]
    provider = provider_of(
        kind,
        secret=Secret("key"),
        settings=PLACE,
    )
    assert str(names["client"].base_url).rstrip("/") == provider.base_url
    has_betas = "betas" not in PLATFORMS[kind].lacks
    assert ("beta-1" in program) == has_betas
