"""Where the API is told to keep the prefix, and for how long.

Automatic caching moves one breakpoint along with the conversation; it looks back 20
blocks (API guide, prompt caching). Behind a long last turn a second one keeps the earlier part.

All breakpoints of a request have one lifetime. It is no part of what is kept: what
earlier requests have written is read whatever it was, so choosing anew costs nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from conversations.models import ModelCard
from conversations.usage.cached import LONG_LIFE, SHORT_LIFE, CacheUse

BLOCKS_BEFORE_SECOND_BREAKPOINT = 15  # of the API's look-back of 20, with room to spare
EPHEMERAL = {"type": "ephemeral"}
EPHEMERAL_LONG = {"type": "ephemeral", "ttl": "1h"}
# The API refuses a breakpoint on these, and on what answers them.
UNMARKABLE = frozenset({"thinking", "redacted_thinking"})

# Multiples of the price of input (API guide, prompt caching).
READ = 0.1
WRITE_SHORT, WRITE_LONG = 1.25, 2.0


def place_breakpoints(
    params: dict[str, Any], marker: dict[str, str] = EPHEMERAL
) -> None:
    """Add `cache_control` to a request body that is about to be sent."""
    params["cache_control"] = marker
    messages = params["messages"]
    end = _end_of_previous_turn(messages)
    if end is None:
        return
    following = sum(len(message["content"]) for message in messages[end + 1 :])
    if following > BLOCKS_BEFORE_SECOND_BREAKPOINT:
        messages[end] = _marked(messages[end], marker)


def choose_marker(
    card: ModelCard, uses: Sequence[CacheUse], now: datetime
) -> dict[str, str]:
    """Return the breakpoint of a request that follows these uses of the cache.

    An hour where the same conversation so far would have been cheaper with it.
    """
    if card.provider is not None and not card.provider.offers("automatic_caching"):
        return EPHEMERAL
    short = _price(uses, now, SHORT_LIFE, WRITE_SHORT)
    long = _price(uses, now, LONG_LIFE, WRITE_LONG)
    return EPHEMERAL_LONG if long < short else EPHEMERAL


def _price(
    uses: Sequence[CacheUse], now: datetime, life: timedelta, write: float
) -> float:
    """Return what reading and keeping the prefixes costs, in tokens of input."""
    if not uses:
        return write
    price = uses[0].tokens * write
    following = [(use.first_at, use.tokens) for use in uses[1:]]
    for use, (began, tokens) in zip(uses, [*following, (now, 0)], strict=True):
        known = use.kept_tokens
        price += max(0, tokens - known) * write
        price += known * (READ if began - use.began_at <= life else write)
    return price


def _end_of_previous_turn(messages: list[dict[str, Any]]) -> int | None:
    """Return the index of the last answer before the last message of a person."""
    for index in range(len(messages) - 2, -1, -1):
        is_answered = messages[index + 1]["role"] == "user" and not _has_results(
            messages[index + 1]
        )
        if messages[index]["role"] == "assistant" and is_answered:
            return index
    return None


def _has_results(message: dict[str, Any]) -> bool:
    return any(block["type"] == "tool_result" for block in message["content"])


def _marked(message: dict[str, Any], marker: dict[str, str]) -> dict[str, Any]:
    content = list(message["content"])
    for index in range(len(content) - 1, -1, -1):
        if content[index]["type"] not in UNMARKABLE:
            content[index] = {**content[index], "cache_control": marker}
            break
    return {**message, "content": content}
