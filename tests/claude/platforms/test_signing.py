"""Signatures: botocore's own, checked by making each of them once more."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import time_machine

from conversations.claude import NotReady, PermissionDenied
from conversations.claude.call import Call, LongBody
from conversations.claude.platform_facts import Kind
from conversations.simulator.platforms import BedrockSimulator
from conversations.simulator.platforms.sigv4 import AwsAccount
from tests.claude.platforms.clients import open_client, params_for


async def test_a_session_token_is_sent_and_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session/of+somebody==")
    account = AwsAccount("bedrock-mantle", session_token="session/of+somebody==")
    client, _ = open_client("bedrock", simulator=BedrockSimulator(account=account))

    assert (await client.create(params_for("bedrock")))["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    "change",
    [
        {"AWS_SECRET_ACCESS_KEY": "another"},
        {"AWS_ACCESS_KEY_ID": "AKIAANOTHER"},
        {"AWS_SESSION_TOKEN": "one that the account does not know"},
    ],
)
async def test_a_signature_of_somebody_else_is_refused(
    change: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    client, _ = open_client("bedrock")

    with pytest.raises(PermissionDenied):
        await client.create(params_for("bedrock"))


async def test_a_signature_for_another_region_is_refused() -> None:
    account = AwsAccount("bedrock-mantle", region="us-east-1")
    client, _ = open_client("bedrock", simulator=BedrockSimulator(account=account))

    with pytest.raises(PermissionDenied, match="valid region"):
        await client.create(params_for("bedrock"))


async def test_every_request_is_signed_for_its_own_time() -> None:
    simulator = BedrockSimulator(clock=time.time)
    client, _ = open_client("bedrock", simulator=simulator)

    with time_machine.travel("2026-11-22T12:00:00Z", tick=False) as now:
        await client.create(params_for("bedrock"))
        now.shift(3600)
        await client.create(params_for("bedrock"))

    dates = [request.headers["x-amz-date"] for request in simulator.received]
    assert dates == ["20261122T120000Z", "20261122T130000Z"]


@pytest.mark.parametrize("kind", ["bedrock", "bedrock_legacy", "aws"])
async def test_no_credentials_are_told_before_anything_is_sent(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    client, simulator = open_client(kind)

    with pytest.raises(NotReady, match="There are no AWS credentials"):
        await client.create(params_for(kind))

    assert simulator.received == []


async def test_a_profile_of_the_shared_file_signs_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    account = AwsAccount("bedrock-mantle")
    (tmp_path / "credentials").write_text(
        f"[work]\naws_access_key_id = {account.access_key}\n"
        f"aws_secret_access_key = {account.secret_key}\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "work")
    client, _ = open_client("bedrock")

    assert (await client.create(params_for("bedrock")))["stop_reason"] == "end_turn"


@pytest.mark.parametrize(("kind", "extra"), [("bedrock", "aws"), ("google", "google")])
async def test_a_missing_package_is_named(
    kind: Kind, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(module: str) -> Any:
        raise ModuleNotFoundError(name=module.partition(".")[0])

    monkeypatch.setattr("importlib.import_module", missing)
    client, _ = open_client(kind)

    with pytest.raises(NotReady, match=rf"is missing\. Install it with: .* {extra} "):
        await client.create(params_for(kind))


async def test_a_body_that_is_never_whole_is_signed_too() -> None:
    text = json.dumps(params_for("aws", "Hello " * 50)).encode()
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        for start in range(0, len(text), 100):
            yield text[start : start + 100]

    client, _ = open_client("aws")
    call = Call("POST", "/v1/messages", LongBody(len(text), chunks))

    answer = await client.read_json(call, "content", list)

    assert (answer["stop_reason"], read) == ("end_turn", 2)
