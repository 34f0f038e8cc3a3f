"""What tokens cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from .types import Json, Usage

PER_TOKENS = 1_000_000
WEB_SEARCH_USD = Decimal("0.01")  # pricing page, Nov 2026: 10 USD per 1,000
LARGEST_COUNT = 2**31 - 1  # what the columns hold, far above any request
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
    """The prices of one model, and what they are multiplied with in fast mode.

    `fast_multiplier` None means that nobody said; `as_of` is the day of the price
    list, the version that is stored with what was booked.
    """

    long_prompt: LongPromptPrices | None = None
    fast_multiplier: Decimal | None = None
    as_of: str = ""

    def for_prompt(self, prompt_tokens: int) -> TokenPrices:
        """Return the prices of a request with so long a prompt."""
        if self.long_prompt and prompt_tokens > self.long_prompt.above_tokens:
            return self.long_prompt
        return self

    def as_json(self) -> Json:
        """Return the prices as JSON; amounts are strings, to stay exact."""
        fast = self.fast_multiplier
        return _amounts(self) | {
            "long_prompt": self.long_prompt
            and _amounts(self.long_prompt)
            | {"above_tokens": self.long_prompt.above_tokens},
            "fast_multiplier": None if fast is None else str(fast),
            "as_of": self.as_of,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """Return the prices that `as_json` wrote.

        Raises KeyError, TypeError or decimal.InvalidOperation for anything else.
        """
        long_prompt = stored.get("long_prompt")
        if long_prompt is not None and not isinstance(long_prompt, Mapping):
            raise TypeError(f"long_prompt must be an object, not {long_prompt!r}")
        fast = stored.get("fast_multiplier")
        return cls(
            **_decimals(stored),
            long_prompt=None
            if long_prompt is None
            else LongPromptPrices(
                **_decimals(long_prompt), above_tokens=int(long_prompt["above_tokens"])
            ),
            fast_multiplier=None if fast is None else Decimal(str(fast)),
            as_of=str(stored.get("as_of") or ""),
        )


def cost_usd(
    usage: Usage, prices: Prices | None, multiplier: Decimal = Decimal(1)
) -> Decimal | None:
    """Return the cost of one sampling in USD, or None when the price is unknown.

    `usage` is the API's usage object, or one entry of its `iterations` (billing.py
    adds those up). `multiplier` is for batches, regions and speed; web searches have
    a price of their own that it does not change.
    """
    if prices is None:
        return None
    read, written = cached_tokens(usage)
    rates = prices.for_prompt(prompt_tokens(usage))
    # The split by lifetime may be missing, or be older than the total.
    split = _object(usage, "cache_creation")
    written_1h = min(count(split, "ephemeral_1h_input_tokens"), written)
    tokens_usd = (
        count(usage, "input_tokens") * rates.input
        + count(usage, "output_tokens") * rates.output
        + read * rates.cache_read
        + (written - written_1h) * rates.cache_write_5m
        + written_1h * rates.cache_write_1h
    ) / PER_TOKENS
    return tokens_usd * multiplier + searches(usage) * WEB_SEARCH_USD


def uncached_cost_usd(
    usage: Usage, prices: Prices | None, multiplier: Decimal = Decimal(1)
) -> Decimal | None:
    """Return what the same sampling would have cost without a prompt cache."""
    plain: Json = {
        "input_tokens": prompt_tokens(usage),
        "output_tokens": count(usage, "output_tokens"),
        "server_tool_use": usage.get("server_tool_use"),
    }
    return cost_usd(plain, prices, multiplier)


def prompt_tokens(usage: Usage) -> int:
    """Return all input tokens, cached or not."""
    return count(usage, "input_tokens") + sum(cached_tokens(usage))


def cached_tokens(usage: Usage) -> tuple[int, int]:
    """Return how many tokens were read from the cache, and written to it."""
    read = count(usage, "cache_read_input_tokens")
    return read, count(usage, "cache_creation_input_tokens")


def searches(usage: Usage) -> int:
    """Return how many web searches a request made."""
    return count(_object(usage, "server_tool_use"), "web_search_requests")


def count(counts: Json, key: str) -> int:
    """Return one count of a usage object: what is missing, or no count, is none."""
    found = counts.get(key)
    return found if type(found) is int and 0 < found <= LARGEST_COUNT else 0


def _object(counts: Json, key: str) -> Json:
    found = counts.get(key)
    return found if isinstance(found, dict) else {}


def _amounts(prices: TokenPrices) -> Json:
    return {field: str(getattr(prices, field)) for field in _FIELDS}


def _decimals(stored: Mapping[str, object]) -> dict[str, Decimal]:
    return {field: Decimal(str(stored[field])) for field in _FIELDS}
