"""What a request costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from .types import Json, Usage

PER_TOKENS = 1_000_000
WEB_SEARCH_USD = Decimal("0.01")  # pricing page, Nov 2026: 10 USD per 1,000
BATCH_MULTIPLIER = Decimal("0.5")  # Message Batches, docs Nov 2026
US_ONLY_MULTIPLIER = Decimal("1.1")  # inference_geo "us", docs Nov 2026

_FIELDS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


@dataclass(frozen=True, kw_only=True)
class TokenPrices:
    """USD per million tokens."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal


@dataclass(frozen=True, kw_only=True)
class LongPromptPrices(TokenPrices):
    """The prices of the whole request when its prompt has more than `above_tokens`."""

    above_tokens: int


@dataclass(frozen=True, kw_only=True)
class Prices(TokenPrices):
    """The prices of one model."""

    long_prompt: LongPromptPrices | None = None

    def for_prompt(self, prompt_tokens: int) -> TokenPrices:
        """Return the prices of a request with so long a prompt."""
        if self.long_prompt and prompt_tokens > self.long_prompt.above_tokens:
            return self.long_prompt
        return self

    def as_json(self) -> Json:
        """Return the prices as JSON; amounts are strings, to stay exact."""
        return _amounts(self) | {
            "long_prompt": self.long_prompt
            and _amounts(self.long_prompt)
            | {"above_tokens": self.long_prompt.above_tokens}
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """Return the prices that `as_json` wrote.

        Raises KeyError, TypeError or decimal.InvalidOperation for anything else.
        """
        long_prompt = stored.get("long_prompt")
        if long_prompt is None:
            return cls(**_decimals(stored), long_prompt=None)
        if not isinstance(long_prompt, Mapping):
            raise TypeError(f"long_prompt must be an object, not {long_prompt!r}")
        return cls(
            **_decimals(stored),
            long_prompt=LongPromptPrices(
                **_decimals(long_prompt), above_tokens=int(long_prompt["above_tokens"])
            ),
        )


def cost_usd(
    usage: Usage, prices: Prices | None, multiplier: Decimal = Decimal(1)
) -> Decimal | None:
    """Return the cost of one request in USD, or None when the price is unknown.

    `usage` is the API's usage object, or one entry of its `iterations`.
    `multiplier` is for batches, regions and speed; web searches have a price
    of their own that it does not change.
    """
    if prices is None:
        return None
    read = _count(usage, "cache_read_input_tokens")
    written = _count(usage, "cache_creation_input_tokens")
    rates = prices.for_prompt(_count(usage, "input_tokens") + read + written)
    # The split by lifetime may be missing, or be older than the total.
    split = usage.get("cache_creation") or {}
    written_1h = min(_count(split, "ephemeral_1h_input_tokens"), written)
    tokens_usd = (
        _count(usage, "input_tokens") * rates.input
        + _count(usage, "output_tokens") * rates.output
        + read * rates.cache_read
        + (written - written_1h) * rates.cache_write_5m
        + written_1h * rates.cache_write_1h
    ) / PER_TOKENS
    server_tools = usage.get("server_tool_use") or {}
    searches = _count(server_tools, "web_search_requests")
    return tokens_usd * multiplier + searches * WEB_SEARCH_USD


def _count(counts: Json, key: str) -> int:
    return counts.get(key) or 0


def _amounts(prices: TokenPrices) -> Json:
    return {field: str(getattr(prices, field)) for field in _FIELDS}


def _decimals(stored: Mapping[str, object]) -> dict[str, Decimal]:
    return {field: Decimal(str(stored[field])) for field in _FIELDS}
