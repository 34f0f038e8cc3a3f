"""Which model can be served how, and where."""

from datetime import date

import pytest

from conversations.claude.platform_facts import PLATFORMS, Kind
from conversations.claude.serving import FAST_BETA, serving_of

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("model", "speed", "betas"),
    [
        ("claude-fable-5-2", ("fast",), ()),
        ("claude-opus-5-5", ("fast",), ()),
        ("claude-opus-5", ("fast",), (FAST_BETA,)),
        ("claude-opus-4-8", ("fast",), (FAST_BETA,)),
        ("claude-sonnet-5-5", (), ()),
        ("claude-opus-4-5", (), ()),
        ("nobody-knows", (), ()),
    ],
)
def test_fast_mode(model: str, speed: tuple[str, ...], betas: tuple[str, ...]) -> None:
    serving = serving_of(model, (), TODAY)

    assert (serving.speed, serving.fast_betas) == (speed, betas)


def test_fast_mode_ends_where_that_was_announced() -> None:
    assert serving_of("claude-opus-4-8", (), date(2026, 11, 29)).speed == ("fast",)
    assert serving_of("claude-opus-4-8", (), date(2026, 11, 30)).speed == ()


@pytest.mark.parametrize(
    ("model", "regions", "tiers"),
    [
        ("claude-opus-5-5", ("global", "us"), ("standard_only",)),
        ("claude-sonnet-4-6", ("global", "us"), ("standard_only",)),
        ("claude-haiku-5-5", ("global", "us"), ()),
        ("claude-sonnet-4-5", (), ("standard_only",)),
        ("claude-haiku-4-5-20251001", (), ("standard_only",)),
        ("nobody-knows", (), ()),
    ],
)
def test_place_and_capacity(
    model: str, regions: tuple[str, ...], tiers: tuple[str, ...]
) -> None:
    serving = serving_of(model, (), TODAY)

    assert (serving.inference_geo, serving.service_tier) == (regions, tiers)


@pytest.mark.parametrize(
    ("kind", "is_fast", "has_regions"),
    [
        ("anthropic", True, True),
        ("aws", False, True),
        ("google_anthropic", True, True),
        ("bedrock", False, False),
        ("bedrock_legacy", False, False),
        ("google", False, False),
        ("compatible", False, False),
    ],
)
def test_platforms(kind: Kind, is_fast: bool, has_regions: bool) -> None:
    serving = serving_of("claude-opus-5-5", PLATFORMS[kind].lacks, TODAY)

    assert bool(serving.speed) == is_fast
    assert bool(serving.inference_geo) == has_regions
    assert bool(serving.service_tier) == has_regions


def test_a_beta_is_not_asked_for_where_there_are_none() -> None:
    assert serving_of("claude-opus-5", {"betas"}, TODAY).speed == ()
