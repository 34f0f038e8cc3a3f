"""Every platform: asked by our client, answered by a strict simulator of it."""

from typing import Any, get_args

import pytest

from conversations.claude import (
    AuthenticationFailed,
    ClaudeError,
    InvalidRequest,
    MalformedEvent,
    MessageSnapshot,
    NotFound,
    NotOffered,
    PermissionDenied,
    StreamEndedEarly,
    UpstreamOverloaded,
)
from conversations.claude.platform_facts import FEATURES, PLATFORMS, Kind
from conversations.claude.platforms import provider_of
from tests.claude.platforms.clients import FORMS, open_client, params_for, provider_for

KINDS = tuple(FORMS)

pytestmark = pytest.mark.usefixtures("google_account")


async def streamed(client: Any, params: dict[str, Any]) -> MessageSnapshot:
    snapshot = MessageSnapshot()
    async with client.stream(params) as stream:
        async for events in stream:
            for event in events:
                snapshot.apply(event)
    return snapshot


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_is_streamed(kind: Kind) -> None:
    client, _ = open_client(kind)

    snapshot = await streamed(client, params_for(kind, "What is a bell?"))

    assert snapshot.is_complete
    assert any(block["type"] == "text" for block in snapshot.blocks)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_comes_in_one_piece(kind: Kind) -> None:
    client, _ = open_client(kind)

    message = await client.create(params_for(kind))

    assert message["stop_reason"] == "end_turn"


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "bedrock_legacy"])
async def test_tokens_are_counted(kind: Kind) -> None:
    client, _ = open_client(kind)

    assert await client.count_tokens(params_for(kind)) > 0


async def test_what_a_platform_lacks_is_never_sent() -> None:
    client, simulator = open_client("bedrock_legacy")

    with pytest.raises(NotOffered, match="lacks counting tokens"):
        await client.count_tokens(params_for("bedrock_legacy"))
    with pytest.raises(NotOffered, match="lacks a list of its models"):
        await client.models()

    assert simulator.received == []


@pytest.mark.parametrize("kind", ["aws", "google_anthropic"])
async def test_platforms_with_the_whole_api_list_their_models(kind: Kind) -> None:
    client, _ = open_client(kind)

    models = await client.models()

    assert "claude-opus-5-5" in {model["id"] for model in models}


@pytest.mark.parametrize("kind", ["bedrock", "bedrock_legacy", "aws"])
async def test_a_key_of_the_platform_takes_the_place_of_a_signature(kind: Kind) -> None:
    client, simulator = open_client(kind, secret="ABSKsimulated")

    await client.create(params_for(kind))

    assert simulator.received[0].headers["authorization"] == "Bearer ABSKsimulated"


@pytest.mark.parametrize("kind", ["bedrock", "bedrock_legacy", "aws"])
async def test_a_wrong_key_is_told_as_aws_tells_it(kind: Kind) -> None:
    client, _ = open_client(kind, secret="ABSKwrong")

    with pytest.raises(PermissionDenied, match="security token") as caught:
        await client.create(params_for(kind))

    assert caught.value.request_id == "aws-at-the-door"


async def test_a_wrong_key_of_foundry() -> None:
    client, _ = open_client("foundry", secret="wrong")

    with pytest.raises(AuthenticationFailed, match="invalid subscription key"):
        await client.create(params_for("foundry"))


async def test_an_unknown_model_is_told_as_google_tells_it() -> None:
    client, _ = open_client("google")
    params = params_for("google") | {"model": "Llama"}

    with pytest.raises(NotFound):
        await client.create(params)


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("529-mid-stream", UpstreamOverloaded),
        ("cut", StreamEndedEarly),
        ("no-message-stop", StreamEndedEarly),
        ("garbage", MalformedEvent),
        ("529", UpstreamOverloaded),
    ],
)
@pytest.mark.parametrize("kind", ["bedrock_legacy", "google", "bedrock"])
async def test_trouble_has_the_same_class_on_every_platform(
    kind: Kind, scenario: str, error: type[ClaudeError]
) -> None:
    client, _ = open_client(kind)

    with pytest.raises(error):
        await streamed(client, params_for(kind, f"[simulate: {scenario}] Tell me"))


@pytest.mark.parametrize(
    "arn", ["arn:aws:bedrock:eu-central-1:123:application-inference-profile/a1"]
)
async def test_an_arn_stands_for_a_model(arn: str) -> None:
    simulator = FORMS["bedrock_legacy"].make(profiles={arn: "claude-opus-4-8"})
    client, _ = open_client("bedrock_legacy", simulator=simulator)

    await client.create(params_for("bedrock_legacy") | {"model": arn})

    raw_path = simulator.received[0].raw_path
    assert raw_path == f"/model/{arn.replace('/', '%2F')}/invoke"


async def test_automatic_caching_becomes_a_breakpoint_on_legacy_bedrock() -> None:
    client, simulator = open_client("bedrock_legacy")
    ephemeral = {"type": "ephemeral"}

    await client.create(params_for("bedrock_legacy", cache_control=ephemeral))

    body = simulator.received[0].body
    assert "cache_control" not in body
    assert body["messages"] == [
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hello", "cache_control": ephemeral}],
        }
    ]


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("anthropic.claude-opus-4-8-v1:0", "2026-10-21"),
        ("us.anthropic.claude-opus-4-6-v1:0", "bedrock-2023-05-31"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock-2023-05-31"),
        ("anthropic.claude-opus-5-5", "2026-10-21"),
    ],
)
async def test_older_models_get_the_older_version(model: str, version: str) -> None:
    client, simulator = open_client("bedrock_legacy")

    await client.create(params_for("bedrock_legacy") | {"model": model})

    assert simulator.received[0].body["anthropic_version"] == version


async def test_betas_go_where_the_platform_reads_them() -> None:
    beta = "context-management-2025-06-27"
    legacy, at_legacy = open_client("bedrock_legacy", betas=(beta,))
    vertex, at_vertex = open_client("google", betas=(beta,))

    await legacy.create(params_for("bedrock_legacy"))
    await vertex.create(params_for("google"))

    assert at_legacy.received[0].body["anthropic_beta"] == [beta]
    assert "anthropic-beta" not in at_legacy.received[0].headers
    assert at_vertex.received[0].headers["anthropic-beta"] == beta


async def test_betas_are_refused_where_the_platform_takes_none() -> None:
    client, simulator = open_client("bedrock")

    with pytest.raises(NotOffered, match="lacks beta features"):
        await client.create(params_for("bedrock", betas=["any-2026-01-01"]))
    with pytest.raises(ValueError, match="takes no beta features"):
        provider_for("bedrock", betas=("any-2026-01-01",))

    assert simulator.received == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            "bedrock",
            {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
        ),
        ("bedrock", {"tools": [{"type": "web_search_20260209", "name": "web_search"}]}),
        ("google", {"tools": [{"type": "web_fetch_20260209", "name": "web_fetch"}]}),
        ("bedrock_legacy", {"inference_geo": "us"}),
        ("aws", {"speed": "fast"}),
    ],
)
async def test_a_simulated_platform_refuses_what_the_real_one_lacks(
    kind: Kind, fields: dict[str, Any]
) -> None:
    client, _ = open_client(kind)

    with pytest.raises(InvalidRequest):
        await client.create(params_for(kind, **fields))


def test_the_table_knows_every_kind_and_every_feature() -> None:
    assert set(PLATFORMS) == set(get_args(Kind.__value__))
    assert all(facts.lacks <= set(FEATURES) for facts in PLATFORMS.values())


@pytest.mark.parametrize(
    ("kind", "settings", "complaint"),
    [
        ("bedrock", {}, "The region is missing"),
        ("bedrock", {"region": "eu.evil.example/"}, "The region 'eu.evil.example/'"),
        ("google", {"region": "global"}, "The project is missing"),
        ("google", {"region": "global", "project": "a/../b"}, "The project 'a/../b'"),
        ("aws", {"region": "us-east-1"}, "The workspace is missing"),
        ("foundry", {"resource": "x@evil.example#"}, "The resource 'x@evil"),
        ("compatible", {}, "needs its base URL"),
    ],
)
def test_settings_that_lead_elsewhere_are_refused(
    kind: Kind, settings: Any, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        provider_of(kind, settings=settings)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("europe-west1", "europe-west1-aiplatform.googleapis.com"),
    ],
)
def test_vertex_has_a_host_for_each_region(region: str, host: str) -> None:
    provider = provider_of("google", settings={"region": region, "project": "p"})

    assert provider.base_url == f"https://{host}/v1"
