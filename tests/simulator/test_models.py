"""`GET /v1/models` lists the catalogue in pages."""

from conversations.simulator import Simulator
from tests.simulator.building import HEADERS, Json, make_client

LISTED = [
    "claude-fable-5-2",
    "claude-mythos-5-2",
    "claude-haiku-5-5",
    "claude-sonnet-5-5",
    "claude-opus-5-5",
    "claude-fable-5-1",
    "claude-mythos-5-1",
    "claude-opus-5",
    "claude-sonnet-5",
    "claude-fable-5",
    "claude-mythos-5",
    "claude-opus-4-8",
    "claude-opus-4-7",
    "claude-sonnet-4-6",
    "claude-opus-4-6",
    "claude-opus-4-5",
    "claude-haiku-4-5",
    "claude-sonnet-4-5",
]


async def get(path: str, **headers: str) -> Json:
    async with make_client(Simulator(pace=0), HEADERS | headers) as client:
        body: Json = (await client.get(path)).json()
    return body


def ids(page: Json) -> list[str]:
    return [model["id"] for model in page["data"]]


async def test_list_has_all_that_can_be_used() -> None:
    page = await get("/v1/models")

    assert ids(page) == LISTED
    assert (page["has_more"], page["first_id"], page["last_id"]) == (
        False,
        LISTED[0],
        LISTED[-1],
    )


async def test_pages_go_forward_and_back() -> None:
    first = await get("/v1/models?limit=5")
    second = await get(f"/v1/models?limit=5&after_id={first['last_id']}")
    back = await get(f"/v1/models?limit=5&before_id={second['first_id']}")

    assert (ids(first), first["has_more"]) == (LISTED[:5], True)
    assert (ids(second), second["has_more"]) == (LISTED[5:10], True)
    assert (ids(back), back["has_more"]) == (LISTED[:5], False)


async def test_compaction_is_told_of_with_its_beta_only() -> None:
    plain = await get("/v1/models/claude-opus-5-5")
    beta = {"anthropic-beta": "compact-2026-09-04"}
    told = await get("/v1/models", **beta)

    assert "compaction" not in plain["capabilities"]
    compacting = {
        model["id"]
        for model in told["data"]
        if model["capabilities"]["compaction"]["summarize"]["supported"]
    }
    assert compacting == {id for id in ids(told) if not id.endswith("-4-5")}


async def test_lifecycle_filters() -> None:
    page = await get("/v1/models?lifecycle[]=deprecated&lifecycle[]=retired")

    assert ids(page) == ["claude-mythos-preview", "claude-sonnet-4-5"]


async def test_wrong_options_are_invalid() -> None:
    for query in (
        "limit=0",
        "limit=1001",
        "limit=x",
        "after_id=x",
        "lifecycle[]=x",
        "x=1",
    ):
        body = await get(f"/v1/models?{query}")
        assert body["error"]["type"] == "invalid_request_error", query


async def test_alias_names_its_model() -> None:
    model = await get("/v1/models/claude-haiku-4-5-20251001")

    assert model["id"] == "claude-haiku-4-5"


async def test_unknown_model_is_not_found() -> None:
    body = await get("/v1/models/claude-2")

    assert body["error"] == {"type": "not_found_error", "message": "model: claude-2"}


async def test_model_has_the_shape_of_the_api() -> None:
    yes, no = {"supported": True}, {"supported": False}

    assert await get("/v1/models/claude-sonnet-5-5") == {
        "type": "model",
        "id": "claude-sonnet-5-5",
        "display_name": "Claude Sonnet 5.5",
        "created_at": "2026-09-28T00:00:00Z",
        "line": "sonnet",
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
        "capabilities": {
            "batch": yes,
            "citations": yes,
            "code_execution": yes,
            "image_input": yes,
            "pdf_input": yes,
            "structured_outputs": yes,
            "server_tools": {
                "supported": True,
                "web_search": yes,
                "code_execution": yes,
            },
            "effort": {
                "supported": True,
                "low": yes,
                "medium": yes,
                "high": yes,
                "xhigh": yes,
                "max": yes,
            },
            "thinking": {
                "supported": True,
                "types": {
                    "adaptive": yes,
                    "enabled": no,
                    "disabled": no,
                    "between_tools": yes,
                },
            },
            "context_management": {
                "supported": True,
                "clear_tool_uses_20250919": yes,
                "clear_thinking_20251015": yes,
                "compact_20260112": yes,
            },
        },
    }


async def test_small_models_say_what_they_lack() -> None:
    model = await get("/v1/models/claude-haiku-4-5")

    assert model["max_input_tokens"] == 200_000
    assert model["capabilities"]["effort"]["supported"] is False
    assert model["capabilities"]["thinking"]["types"] == {
        "adaptive": {"supported": False},
        "enabled": {"supported": True},
        "disabled": {"supported": True},
        "between_tools": {"supported": False},
    }
