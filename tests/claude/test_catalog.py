"""The catalogue: the documented table, read back from the data."""

from datetime import date
from decimal import Decimal

import pytest

from conversations.claude import (
    DEFAULT_MODEL_ID,
    KNOWN_MODELS,
    ApiFacts,
    ModelFacts,
    facts_for,
    facts_from_api,
    supported_efforts,
    supported_thinking,
    supports,
)

ALL = ("low", "medium", "high", "xhigh", "max")
NO_XHIGH = ("low", "medium", "high", "max")
UP_TO_HIGH = ("low", "medium", "high")

# id: window and output in thousands, input and output price, cache read,
# thinking and its types, default effort and efforts, forced tools, cache minimum
TABLE = """
claude-fable-5-2      1000 128  8    40  0.20  always adaptive                  high   all    no  512
claude-mythos-5-2     1000 128  8    40  0.20  always adaptive                  high   all    no  512
claude-haiku-5-5      1000 128  0.10 0.50 0.01 on     adaptive,disabled         medium all    ?   512
claude-sonnet-5-5     1000 128  2    10  0.10  on     adaptive,between_tools    high   all    no  512
claude-opus-5-5       1000 128  4    20  0.20  always adaptive                  medium all    no  512
claude-fable-5-1      1000 128  10   50  0.25  always adaptive                  high   all    no  512
claude-mythos-5-1     1000 128  10   50  0.25  always adaptive                  high   all    no  512
claude-opus-5         1000 128  5    25  0.50  on     adaptive,disabled         high   all    yes 512
claude-sonnet-5       1000 128  2    10  0.20  on     adaptive,disabled         high   all    yes 1024
claude-fable-5        1000 128  10   50  1.00  always adaptive                  high   all    ?   512
claude-mythos-5       1000 128  10   50  1.00  always adaptive                  high   all    ?   512
claude-opus-4-8       1000 128  5    25  0.50  off    adaptive,disabled         high   all    yes 1024
claude-opus-4-7       1000 128  5    25  0.50  off    adaptive,disabled         high   all    yes 2048
claude-mythos-preview 1000 128  -    -   -     always adaptive                  -      -      no  2048
claude-opus-4-6       1000 128  5    25  0.50  off    adaptive,enabled,disabled high   nox    yes 4096
claude-sonnet-4-6     1000 128  3    15  0.30  off    adaptive,enabled,disabled high   nox    yes 1024
claude-haiku-4-5      200  64   1    5   0.10  off    enabled,disabled          -      -      yes 4096
claude-opus-4-5       200  64   5    25  0.50  off    enabled,disabled          high   high   yes 4096
claude-sonnet-4-5     200  64   3    15  0.30  off    enabled,disabled          -      -      yes 1024
"""
EFFORTS = {"all": ALL, "nox": NO_XHIGH, "high": UP_TO_HIGH, "-": ()}
ANSWERS = {True: "yes", False: "no", None: "?"}


def _row(facts: ModelFacts) -> list[str]:
    prices = facts.prices
    amounts = [prices.input, prices.output, prices.cache_read] if prices else []
    efforts = supported_efforts(facts.capabilities)
    return [
        facts.id,
        str(facts.max_input_tokens // 1000),
        str(facts.max_tokens // 1000),
        *([str(amount) for amount in amounts] or ["-", "-", "-"]),
        facts.thinking_default,
        ",".join(supported_thinking(facts.capabilities)),
        facts.default_effort or "-",
        next(name for name, levels in EFFORTS.items() if levels == efforts),
        ANSWERS[facts.forced_tools],
        str(facts.cache_minimum_tokens),
    ]


def test_every_model_of_the_table_is_there_as_documented() -> None:
    documented = [line.split() for line in TABLE.strip().splitlines()]

    assert [_row(facts) for facts in KNOWN_MODELS] == documented


def _ids(property_name: str) -> set[str]:
    return {facts.id for facts in KNOWN_MODELS if getattr(facts, property_name)}


def test_which_models_preserve_thinking() -> None:
    assert _ids("preserved_thinking") == {
        "claude-fable-5-2",
        "claude-mythos-5-2",
        "claude-fable-5-1",
        "claude-mythos-5-1",
        "claude-opus-5-5",
        "claude-sonnet-5-5",
        "claude-haiku-5-5",
    }


def test_which_models_take_system_messages() -> None:
    assert _ids("system_messages") == _ids("preserved_thinking") | {
        "claude-fable-5",
        "claude-mythos-5",
        "claude-opus-5",
        "claude-opus-4-8",
    }


def test_which_models_need_a_moderate_effort_to_be_quiet() -> None:
    assert _ids("quiet_effort_limit") == {
        "claude-haiku-5-5",
        "claude-sonnet-5-5",
        "claude-opus-5",
    }


def test_cache_writes_cost_a_quarter_more_or_double() -> None:
    priced = [facts.prices for facts in KNOWN_MODELS if facts.prices]

    assert [
        (prices.cache_write_5m / prices.input, prices.cache_write_1h / prices.input)
        for prices in priced
    ] == [(Decimal("1.25"), Decimal(2))] * 18


def test_all_known_models_see() -> None:
    sighted = [supports(facts.capabilities, "image_input") for facts in KNOWN_MODELS]

    assert sighted == [True] * len(KNOWN_MODELS)


def test_what_is_about_to_go_says_so() -> None:
    leaving = {
        facts.id: facts.retires_at
        for facts in KNOWN_MODELS
        if facts.lifecycle != "active"
    }

    assert leaving == {
        "claude-mythos-preview": date(2026, 6, 30),
        "claude-sonnet-4-5": date(2026, 11, 30),
    }


def test_a_dated_id_means_the_same_model() -> None:
    assert facts_for("claude-haiku-4-5-20251001") is facts_for("claude-haiku-4-5")
    assert facts_for(DEFAULT_MODEL_ID).display_name == "Claude Opus 5.5"


def test_an_unknown_model_gets_the_safe_minimum() -> None:
    facts = facts_for("llama-9")

    assert (facts.id, facts.display_name) == ("llama-9", "llama-9")
    assert (facts.prices, facts.default_effort, facts.forced_tools) == (
        None,
        None,
        None,
    )
    assert (facts.max_input_tokens, facts.max_tokens) == (200_000, 8_192)
    assert supported_efforts(facts.capabilities) == ()
    assert supported_thinking(facts.capabilities) == ()


@pytest.mark.parametrize(
    ("capabilities", "path", "expected"),
    [
        ({"image_input": {"supported": True}}, ("image_input",), True),
        ({"image_input": {"supported": False}}, ("image_input",), False),
        ({"image_input": None}, ("image_input",), None),
        ({"image_input": {"supported": "yes"}}, ("image_input",), None),
        ({}, ("server_tools", "web_search"), None),
        (
            {"server_tools": {"supported": True, "web_search": {"supported": False}}},
            ("server_tools", "web_search"),
            False,
        ),
        (None, ("image_input",), None),
    ],
)
def test_an_absent_capability_is_unknown(
    capabilities: dict[str, object] | None, path: tuple[str, ...], expected: bool | None
) -> None:
    assert supports(capabilities, *path) is expected


def test_a_model_of_the_api_is_read() -> None:
    capabilities = {"image_input": {"supported": True}}

    assert facts_from_api(
        {
            "type": "model",
            "id": "claude-sonnet-4-5-20250929",
            "display_name": "Claude Sonnet 4.5",
            "created_at": "2025-09-29T00:00:00Z",
            "line": "sonnet",
            "lifecycle": "deprecated",
            "deprecated_at": "2026-09-30T00:00:00Z",
            "retires_at": "2026-11-30T00:00:00Z",
            "max_input_tokens": 200_000,
            "max_tokens": 64_000,
            "capabilities": capabilities,
        }
    ) == ApiFacts(
        id="claude-sonnet-4-5-20250929",
        display_name="Claude Sonnet 4.5",
        line="sonnet",
        released=date(2025, 9, 29),
        lifecycle="deprecated",
        deprecated_at=date(2026, 9, 30),
        retires_at=date(2026, 11, 30),
        max_input_tokens=200_000,
        max_tokens=64_000,
        capabilities=capabilities,
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {
            "display_name": None,
            "created_at": "1970-01-01T00:00:00Z",
            "line": None,
            "lifecycle": "",
            "deprecated_at": None,
            "retires_at": "soon",
            "max_input_tokens": None,
            "max_tokens": 0,
            "capabilities": [],
        },
    ],
)
def test_what_the_api_does_not_say_is_none(said: dict[str, object]) -> None:
    assert facts_from_api({"id": "x"} | said) == ApiFacts(
        id="x",
        display_name=None,
        line=None,
        released=None,
        lifecycle=None,
        deprecated_at=None,
        retires_at=None,
        max_input_tokens=None,
        max_tokens=None,
        capabilities=None,
    )
