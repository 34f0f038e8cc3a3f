"""What the books say, in words for people."""

from collections.abc import Iterable, Mapping
from typing import Any

from conversations.claude.billing import WORLDWIDE, Unpriced

REGION_NAMES = {"us": "the US"}
USUAL_TIERS = (None, "", "standard")

_NAMES: dict[str, str] = {
    Unpriced.MODEL: "no price is set for this model",
    Unpriced.FAST_MODE: "the price of fast mode is not known",
    Unpriced.REGION: "the price of this region is not known",
    Unpriced.PRIORITY: "priority capacity is paid by contract",
    Unpriced.CODE_TIME: "the time of code execution is not in it",
}


def served_names(usages: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return how Claude says that it served some requests, where that is worth a word."""
    words: dict[str, None] = {}
    for usage in usages:
        if usage.get("speed") == "fast":
            words["fast"] = None
        region = usage.get("inference_geo")
        if region not in WORLDWIDE:
            words[f"in {REGION_NAMES.get(region, region)} only"] = None
        tier = usage.get("service_tier")
        if tier not in USUAL_TIERS:
            words[f"{tier} capacity"] = None
    return list(words)


def unpriced_names(unpriced: Iterable[str]) -> list[str]:
    """Return what is not known of a cost, as half sentences."""
    return [_NAMES.get(name, name) for name in unpriced]


# Why the cache was missed: the API's words, and those of our own comparison.
_REASONS: dict[str, str] = {
    "model_changed": "another model answers",
    "system_changed": "the system prompt is another one",
    "tools_changed": "the tools are others",
    "messages_changed": "earlier messages are sent differently",
    "compacted": "the conversation was compacted",
    "expired": "too much time had passed since the request before",
    "unknown": "nothing had changed; the provider had it no more",
}


def reason_of_miss(miss: Mapping[str, Any]) -> str:
    """Say as half a sentence why the cache was missed (UsageRecord.cache_miss)."""
    if what := miss.get("what"):
        return f"changed since the request before: {' and '.join(what)}"
    if message := miss.get("message"):
        return f"from message {message} on it is sent differently"
    reason = str(miss["reason"])
    return _REASONS.get(reason, reason.replace("_", " "))
