"""What is known about each model before the Models API is asked, and what it never says.

Source: Anthropic's documentation and SDK 2.12, read 22 Nov 2026. Where the
documentation says nothing, the value is the careful one.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from .capabilities import EFFORTS, capabilities_of
from .pricing import LongPromptPrices, Prices
from .types import Json

type ThinkingDefault = Literal["always", "on", "off"]

DEFAULT_MODEL_ID = "claude-opus-5-5"
PRICES_AS_OF = "2026-11-22"


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """One model. `capabilities` has the API's own shape, limits are in tokens.

    `thinking_default` says what happens when a request says nothing about
    thinking. `quiet_effort_limit` is the highest effort at which it may be
    turned off. `forced_tools` None means that nobody said. A model with
    `preserved_thinking` checks that nothing before its thinking has changed.
    `fast_mode` says whether it is offered as such or as a beta feature, `regions`
    whether the place of processing can be chosen.
    """

    id: str
    display_name: str
    line: str | None
    aliases: tuple[str, ...] = ()
    released: date | None = None
    lifecycle: Literal["active", "deprecated", "retired"] | None = "active"
    retires_at: date | None = None
    max_input_tokens: int = 1_000_000
    max_tokens: int = 128_000
    capabilities: Json = field(default_factory=dict)
    default_effort: str | None = "high"
    thinking_default: ThinkingDefault
    quiet_effort_limit: str | None = None
    preserved_thinking: bool = False
    system_messages: bool = False
    forced_tools: bool | None = None
    cache_minimum_tokens: int = 512
    # See serving.py.
    fast_mode: Literal["plain", "beta"] | None = None
    fast_mode_until: date | None = None
    regions: bool = True
    priority_tier: bool = True
    prices: Prices | None = None
    notes: str = ""


def facts_for(model_id: str) -> ModelFacts:
    """Return the facts of a model; of an unknown one the safe minimum."""
    known = _BY_ID.get(model_id)
    return known or replace(UNKNOWN, id=model_id, display_name=model_id)


def _prices(
    input_usd: str,
    output_usd: str,
    *,
    read: str,
    long: LongPromptPrices | None = None,
    fast: str | None = None,
) -> Prices:
    return Prices(
        **_amounts(input_usd, output_usd, read),
        long_prompt=long,
        fast_multiplier=None if fast is None else Decimal(fast),
        as_of=PRICES_AS_OF,
    )


def _amounts(input_usd: str, output_usd: str, read: str) -> dict[str, Decimal]:
    base = Decimal(input_usd)
    return {
        "input": base,
        "output": Decimal(output_usd),
        "cache_read": Decimal(read),
        # The same for all models.
        "cache_write_5m": base * Decimal("1.25"),
        "cache_write_1h": base * 2,
    }


_UP_TO_HIGH = ("low", "medium", "high")
_WITHOUT_XHIGH = ("low", "medium", "high", "max")

_ALWAYS_THINKS = capabilities_of(thinking=["adaptive"], efforts=EFFORTS)
_CAN_BE_QUIET = capabilities_of(thinking=["adaptive", "disabled"], efforts=EFFORTS)
_EITHER_WAY = capabilities_of(
    thinking=["adaptive", "enabled", "disabled"], efforts=_WITHOUT_XHIGH
)

KNOWN_MODELS: tuple[ModelFacts, ...] = (
    ModelFacts(
        id="claude-fable-5-2",
        display_name="Claude Fable 5.2",
        line="fable",
        released=date(2026, 11, 9),
        capabilities=_ALWAYS_THINKS,
        thinking_default="always",
        preserved_thinking=True,
        system_messages=True,
        forced_tools=False,
        prices=_prices("8", "40", read="0.20"),
        notes="Its thinking is checked against the conversation on every account.",
        fast_mode="plain",
    ),
    ModelFacts(
        id="claude-mythos-5-2",
        display_name="Claude Mythos 5.2",
        line="mythos",
        released=date(2026, 11, 9),
        capabilities=_ALWAYS_THINKS,
        thinking_default="always",
        preserved_thinking=True,
        system_messages=True,
        forced_tools=False,
        prices=_prices("8", "40", read="0.20"),
        notes="For verified organisations only.",
    ),
    ModelFacts(
        id="claude-haiku-5-5",
        display_name="Claude Haiku 5.5",
        line="haiku",
        released=date(2026, 10, 7),
        capabilities=_CAN_BE_QUIET,
        default_effort="medium",
        thinking_default="on",
        quiet_effort_limit="high",
        preserved_thinking=True,
        system_messages=True,
        prices=_prices(
            "0.10",
            "0.50",
            read="0.01",
            long=LongPromptPrices(
                **_amounts("0.50", "2.50", "0.05"), above_tokens=100_000
            ),
        ),
        priority_tier=False,
        notes="A prompt above 100,000 tokens costs five times as much per token.",
    ),
    ModelFacts(
        id="claude-sonnet-5-5",
        display_name="Claude Sonnet 5.5",
        line="sonnet",
        released=date(2026, 9, 28),
        capabilities=capabilities_of(
            thinking=["adaptive", "between_tools"], efforts=EFFORTS
        ),
        thinking_default="on",
        quiet_effort_limit="high",
        preserved_thinking=True,
        system_messages=True,
        forced_tools=False,
        prices=_prices("2", "10", read="0.10"),
    ),
    ModelFacts(
        id="claude-opus-5-5",
        display_name="Claude Opus 5.5",
        line="opus",
        released=date(2026, 9, 22),
        capabilities=_ALWAYS_THINKS,
        default_effort="medium",
        thinking_default="always",
        preserved_thinking=True,
        system_messages=True,
        forced_tools=False,
        prices=_prices("4", "20", read="0.20", fast="2"),
        fast_mode="plain",
    ),
    ModelFacts(
        id="claude-fable-5-1",
        display_name="Claude Fable 5.1",
        line="fable",
        released=date(2026, 9, 1),
        capabilities=_ALWAYS_THINKS,
        thinking_default="always",
        preserved_thinking=True,
        system_messages=True,
        forced_tools=False,
        prices=_prices("10", "50", read="0.25"),
    ),
    ModelFacts(
        id="claude-mythos-5-1",
        display_name="Claude Mythos 5.1",
        line="mythos",
        released=date(2026, 9, 1),
        capabilities=_ALWAYS_THINKS,
        thinking_default="always",
        preserved_thinking=True,
        system_messages=True,
        forced_tools=False,
        prices=_prices("10", "50", read="0.25"),
        notes="For verified organisations only.",
    ),
    ModelFacts(
        id="claude-opus-5",
        display_name="Claude Opus 5",
        line="opus",
        released=date(2026, 7, 24),
        capabilities=_CAN_BE_QUIET,
        thinking_default="on",
        quiet_effort_limit="high",
        system_messages=True,
        forced_tools=True,
        prices=_prices("5", "25", read="0.50", fast="2"),
        fast_mode="beta",
    ),
    ModelFacts(
        id="claude-sonnet-5",
        display_name="Claude Sonnet 5",
        line="sonnet",
        released=date(2026, 6, 30),
        capabilities=_CAN_BE_QUIET,
        thinking_default="on",
        forced_tools=True,
        cache_minimum_tokens=1024,
        prices=_prices("2", "10", read="0.20"),
    ),
    ModelFacts(
        id="claude-fable-5",
        display_name="Claude Fable 5",
        line="fable",
        released=date(2026, 6, 9),
        capabilities=_ALWAYS_THINKS,
        thinking_default="always",
        system_messages=True,
        prices=_prices("10", "50", read="1.00"),
    ),
    ModelFacts(
        id="claude-mythos-5",
        display_name="Claude Mythos 5",
        line="mythos",
        released=date(2026, 6, 9),
        capabilities=_ALWAYS_THINKS,
        thinking_default="always",
        system_messages=True,
        prices=_prices("10", "50", read="1.00"),
        notes="Restricted access.",
    ),
    ModelFacts(
        id="claude-opus-4-8",
        display_name="Claude Opus 4.8",
        line="opus",
        released=date(2026, 5, 28),
        capabilities=_CAN_BE_QUIET,
        thinking_default="off",
        system_messages=True,
        forced_tools=True,
        cache_minimum_tokens=1024,
        prices=_prices("5", "25", read="0.50"),
        fast_mode="beta",
        fast_mode_until=date(2026, 11, 30),
    ),
    ModelFacts(
        id="claude-opus-4-7",
        display_name="Claude Opus 4.7",
        line="opus",
        released=date(2026, 4, 16),
        capabilities=_CAN_BE_QUIET,
        thinking_default="off",
        forced_tools=True,
        cache_minimum_tokens=2048,
        prices=_prices("5", "25", read="0.50"),
    ),
    ModelFacts(
        id="claude-mythos-preview",
        display_name="Claude Mythos Preview",
        line="mythos",
        lifecycle="deprecated",
        retires_at=date(2026, 6, 30),
        capabilities=capabilities_of(thinking=["adaptive"], efforts=None),
        default_effort=None,
        thinking_default="always",
        forced_tools=False,
        cache_minimum_tokens=2048,
        notes="Past its announced end of life.",
    ),
    ModelFacts(
        id="claude-opus-4-6",
        display_name="Claude Opus 4.6",
        line="opus",
        released=date(2026, 2, 5),
        capabilities=_EITHER_WAY,
        thinking_default="off",
        forced_tools=True,
        cache_minimum_tokens=4096,
        prices=_prices("5", "25", read="0.50"),
        notes="Forced tools do not go with thinking of type enabled.",
    ),
    ModelFacts(
        id="claude-sonnet-4-6",
        display_name="Claude Sonnet 4.6",
        line="sonnet",
        released=date(2026, 2, 17),
        capabilities=_EITHER_WAY,
        thinking_default="off",
        forced_tools=True,
        cache_minimum_tokens=1024,
        prices=_prices("3", "15", read="0.30"),
        notes="Forced tools do not go with thinking of type enabled.",
    ),
    ModelFacts(
        id="claude-haiku-4-5",
        display_name="Claude Haiku 4.5",
        line="haiku",
        aliases=("claude-haiku-4-5-20251001",),
        released=date(2025, 10, 15),
        max_input_tokens=200_000,
        max_tokens=64_000,
        capabilities=capabilities_of(thinking=["enabled", "disabled"], efforts=()),
        default_effort=None,
        thinking_default="off",
        forced_tools=True,
        cache_minimum_tokens=4096,
        prices=_prices("1", "5", read="0.10"),
        notes="Forced tools do not go with thinking.",
        regions=False,
    ),
    ModelFacts(
        id="claude-opus-4-5",
        display_name="Claude Opus 4.5",
        line="opus",
        aliases=("claude-opus-4-5-20251101",),
        released=date(2025, 11, 24),
        max_input_tokens=200_000,
        max_tokens=64_000,
        capabilities=capabilities_of(
            thinking=["enabled", "disabled"], efforts=_UP_TO_HIGH
        ),
        regions=False,
        thinking_default="off",
        forced_tools=True,
        cache_minimum_tokens=4096,
        prices=_prices("5", "25", read="0.50"),
        notes="Forced tools do not go with thinking.",
    ),
    ModelFacts(
        id="claude-sonnet-4-5",
        display_name="Claude Sonnet 4.5",
        line="sonnet",
        aliases=("claude-sonnet-4-5-20250929",),
        released=date(2025, 9, 29),
        lifecycle="deprecated",
        retires_at=date(2026, 11, 30),
        max_input_tokens=200_000,
        max_tokens=64_000,
        capabilities=capabilities_of(thinking=["enabled", "disabled"], efforts=()),
        default_effort=None,
        thinking_default="off",
        forced_tools=True,
        cache_minimum_tokens=1024,
        prices=_prices("3", "15", read="0.30"),
        notes="Forced tools do not go with thinking.",
        regions=False,
    ),
)

# For an id that nobody has heard of: stream, and ask for nothing special.
UNKNOWN = ModelFacts(
    id="",
    display_name="",
    line=None,
    lifecycle=None,
    max_input_tokens=200_000,
    max_tokens=8_192,
    default_effort=None,
    thinking_default="off",
    cache_minimum_tokens=4096,
    regions=False,
    priority_tier=False,
)

_BY_ID = {name: facts for facts in KNOWN_MODELS for name in (facts.id, *facts.aliases)}
