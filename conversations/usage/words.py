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
