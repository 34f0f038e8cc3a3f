"""The official clients of the platforms are the oracle: they ask what we ask."""

import json
from types import SimpleNamespace
from typing import Any

import anthropic
import anthropic.lib.aws._auth
import httpx2
import pytest
from botocore.credentials import Credentials

from conversations.claude.platform_facts import Kind
from conversations.simulator.platforms.gateway import PlatformSimulator
from conversations.simulator.wire import ReceivedRequest
from tests.claude.platforms.clients import (
    FORMS,
    TOKEN,
    account_of,
    open_client,
    params_for,
)

KINDS = tuple(FORMS)

pytestmark = pytest.mark.usefixtures("google_account")


@pytest.fixture(autouse=True)
def sdk_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the SDK credentials without boto3, which it only asks for a session."""
    account = account_of("bedrock")

    def session(**_given: Any) -> SimpleNamespace:
        keys = Credentials(account.access_key, account.secret_key)
        return SimpleNamespace(region_name=account.region, get_credentials=lambda: keys)

    monkeypatch.setattr(anthropic.lib.aws._auth, "_get_session", session)


def sdk_client(kind: Kind, http: httpx2.AsyncClient) -> Any:
    """Return the SDK's client of a platform."""
    settings = FORMS[kind].settings
    common: dict[str, Any] = {"http_client": http, "max_retries": 0}
    match kind:
        case "bedrock":
            return anthropic.AsyncAnthropicBedrockMantle(
                aws_region=settings["region"],
                aws_access_key="a",
                aws_secret_key="b",
                **common,
            )
        case "bedrock_legacy":
            return anthropic.AsyncAnthropicBedrock(
                aws_region=settings["region"], **common
            )
        case "aws":
            return anthropic.AsyncAnthropicAWS(
                aws_region=settings["region"],
                aws_access_key="a",
                aws_secret_key="b",
                workspace_id=settings["workspace"],
                **common,
            )
        case "google":
            return anthropic.AsyncAnthropicVertex(
                region=settings["region"],
                project_id=settings["project"],
                access_token=TOKEN,
                **common,
            )
        case "google_anthropic":
            return anthropic.AsyncAnthropicGoogleCloud(
                project=settings["project"],
                location=settings["region"],
                workspace_id=settings["workspace"],
                token_provider=lambda: TOKEN,
                **common,
            )
    return anthropic.AsyncAnthropicFoundry(
        resource=settings["resource"], api_key=FORMS[kind].secret, **common
    )


def http_to(simulator: PlatformSimulator) -> httpx2.AsyncClient:
    """Return an HTTP client of the SDK's kind that only reaches a simulator."""

    async def answer(request: httpx2.Request) -> httpx2.Response:
        reply = await simulator.handle(
            ReceivedRequest(
                method=request.method,
                path=request.url.path,
                headers={key.lower(): text for key, text in request.headers.items()},
                raw_body=await request.aread(),
                query=tuple(request.url.params.multi_items()),
                raw_path=request.url.raw_path.decode().partition("?")[0],
            )
        )
        body = b"".join([chunk async for chunk in reply.chunks])
        return httpx2.Response(reply.status, headers=reply.headers, content=body)

    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer))


def told(request: ReceivedRequest) -> dict[str, Any]:
    """Return what of a request has to be the same, whoever wrote it."""
    names = ("anthropic-version", "anthropic-workspace-id", "x-api-key", "api-key")
    return {
        "method": request.method,
        "host": request.headers["host"],
        "path": request.raw_path,
        "body": json.loads(request.raw_body),
        **{name: request.headers.get(name) for name in names},
    }


@pytest.mark.parametrize("kind", KINDS)
async def test_streaming_asks_what_the_sdk_asks(kind: Kind) -> None:
    ours, at_ours = open_client(kind)
    at_theirs = FORMS[kind].make()
    params = params_for(kind, "What is a bell?")

    async with ours.stream(params) as stream:
        events = [event async for group in stream for event in group]
    async with http_to(at_theirs) as http:
        answer = await sdk_client(kind, http).messages.create(**params, stream=True)
        sdk_events = [event async for event in answer]

    assert told(at_ours.received[0]) == told(at_theirs.received[0])
    assert [event["type"] for event in events] == [event.type for event in sdk_events]


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "bedrock_legacy"])
async def test_counting_asks_what_the_sdk_asks(kind: Kind) -> None:
    ours, at_ours = open_client(kind)
    at_theirs = FORMS[kind].make()
    params = params_for(kind)
    del params["max_tokens"]

    counted = await ours.count_tokens(params)
    async with http_to(at_theirs) as http:
        answer = await sdk_client(kind, http).messages.count_tokens(**params)

    assert told(at_ours.received[0]) == told(at_theirs.received[0])
    assert counted == answer.input_tokens


async def test_the_sdk_and_we_read_the_same_exception_of_a_binary_stream() -> None:
    at_theirs = FORMS["bedrock_legacy"].make()
    params = params_for("bedrock_legacy", "[simulate: 529-mid-stream] Tell me")

    async with http_to(at_theirs) as http:
        client = sdk_client("bedrock_legacy", http)
        with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
            async for _event in await client.messages.create(**params, stream=True):
                pass
