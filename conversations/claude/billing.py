"""What a request costs: its usage as a bill, every sampling at its own model's prices.

Rules: the documentation of usage, batches, data residency and fast mode, Nov 2026.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from .pricing import (
    BATCH_MULTIPLIER,
    LARGEST_COUNT,
    US_ONLY_MULTIPLIER,
    WEB_SEARCH_USD,
    Prices,
    cost_usd,
    count,
    searches,
    uncached_cost_usd,
)
from .types import Block, Json, Usage

type PricesOf = Callable[[str], Prices | None]

# "not_available" is what older models, which have no regions, report.
WORLDWIDE = (None, "", "global", "not_available")
COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
)
CODE_TOOLS = frozenset(
    {"code_execution", "bash_code_execution", "text_editor_code_execution"}
)
WEB_TOOLS = ("web_search_", "web_fetch_")
FREE_CODE_SINCE = "20260209"  # web tools from then on pay for the code they run


class Unpriced(StrEnum):
    """What has no known price. All but the last leave the whole cost unknown."""

    MODEL = "model"
    FAST_MODE = "fast_mode"
    REGION = "region"
    PRIORITY = "priority"
    CODE_TIME = "code_time"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a usage object does not tell.

    `model` is the requested one. `ran_code` says that a container worked whose hours
    nobody counts for us.
    """

    model: str
    is_batch: bool = False
    is_unbilled: bool = False
    ran_code: bool = False


@dataclass(frozen=True)
class Charge:
    """One sampling: None is an unknown price."""

    type: str
    model: str
    usage: Usage
    usd: Decimal | None
    uncached_usd: Decimal | None
    unpriced: Unpriced | None = None


@dataclass(frozen=True)
class Bill:
    """All samplings of a request, and the searches it made."""

    charges: Sequence[Charge]
    searches: int
    ran_code: bool

    @property
    def cost_usd(self) -> Decimal | None:
        """The cost in USD as far as it can be known; None when it cannot."""
        tokens = _sum(charge.usd for charge in self.charges)
        return None if tokens is None else tokens + self.searches * WEB_SEARCH_USD

    @property
    def cache_savings_usd(self) -> Decimal | None:
        """What the prompt cache saved; below zero when it was only written."""
        paid = _sum(charge.usd for charge in self.charges)
        plain = _sum(charge.uncached_usd for charge in self.charges)
        return None if paid is None or plain is None else plain - paid

    @property
    def unpriced(self) -> list[Unpriced]:
        """Why the cost is unknown, or of what it knows nothing."""
        found = {charge.unpriced for charge in self.charges if charge.unpriced}
        if self.ran_code:
            found.add(Unpriced.CODE_TIME)
        return sorted(found)

    def count(self, key: str) -> int:
        """Return the tokens of one kind that are paid for or listed."""
        total = sum(count(charge.usage, key) for charge in self.charges)
        return min(total, LARGEST_COUNT)


def make_bill(usage: Usage, request: Request, prices_of: PricesOf) -> Bill:
    """Return the bill of one request. `prices_of` gives the prices of a model's id."""
    return Bill(
        charges=[
            _charge(entry, usage, request, prices_of)
            for entry in _samplings(usage, request)
        ],
        searches=0 if request.is_unbilled else searches(usage),
        ran_code=request.ran_code,
    )


def is_unbilled(stop_reason: str | None, content: Sequence[Block]) -> bool:
    """Whether a request was refused before Claude wrote anything: that is free."""
    return stop_reason == "refusal" and not content


def runs_code(content: Iterable[Block]) -> bool:
    """Whether an answer used a container."""
    return any(
        block.get("type") == "server_tool_use" and block.get("name") in CODE_TOOLS
        for block in content
    )


def code_is_free(tools: Iterable[Json]) -> bool:
    """Whether a request's tools have one that pays for the container."""
    types = [str(tool.get("type") or "") for tool in tools]
    return any(
        type_.startswith(WEB_TOOLS) and type_.rsplit("_", 1)[1] >= FREE_CODE_SINCE
        for type_ in types
    )


def _samplings(usage: Usage, request: Request) -> list[Json]:
    """Return the entries that are billed: with fallbacks the totals lack some."""
    listed = usage.get("iterations")
    entries = [
        entry
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict)
    ]
    if not entries:
        return [{**usage, "type": "message", "model": request.model}]
    has_fallen_back = any(entry.get("type") == "fallback_message" for entry in entries)
    return [
        entry
        for entry in entries
        # A model that declined before it wrote anything is listed, but free.
        if not (
            has_fallen_back
            and entry.get("type") == "message"
            and not count(entry, "output_tokens")
        )
    ]


def _charge(entry: Json, usage: Usage, request: Request, prices_of: PricesOf) -> Charge:
    named = entry.get("model")
    model = named if named and isinstance(named, str) else request.model
    # Searches belong to the request, not to one of its samplings.
    sampled: Usage = {key: entry.get(key) for key in (*COUNTS, "cache_creation")}
    type_ = str(entry.get("type") or "message")
    if request.is_unbilled:
        return Charge(type_, model, sampled, Decimal(0), Decimal(0))
    prices = prices_of(model)
    multiplier = _multiplier(usage, request, prices)
    if isinstance(multiplier, Unpriced):
        return Charge(type_, model, sampled, None, None, multiplier)
    return Charge(
        type_,
        model,
        sampled,
        cost_usd(sampled, prices, multiplier),
        uncached_cost_usd(sampled, prices, multiplier),
    )


def _multiplier(
    usage: Usage, request: Request, prices: Prices | None
) -> Decimal | Unpriced:
    """Return what the listed prices are multiplied with, or what is not known of it."""
    if prices is None:
        return Unpriced.MODEL
    multiplier = Decimal(1)
    match usage.get("service_tier"):
        case "priority":
            return Unpriced.PRIORITY
        case tier if tier == "batch" or request.is_batch:
            multiplier *= BATCH_MULTIPLIER
    if usage.get("speed") == "fast":
        if prices.fast_multiplier is None:
            return Unpriced.FAST_MODE
        multiplier *= prices.fast_multiplier
    region = usage.get("inference_geo")
    if region == "us":
        multiplier *= US_ONLY_MULTIPLIER
    elif region not in WORLDWIDE:
        return Unpriced.REGION
    return multiplier


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
