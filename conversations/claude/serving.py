"""How a request may be served: its speed, its place and its capacity.

Source: Anthropic's documentation of fast mode, data residency and service tiers, read
22 Nov 2026. What a model or a platform does not have is not to be asked for.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date

from .catalog import facts_for
from .platform_facts import Feature

FAST_BETA = "fast-mode-2026-02-01"
REGIONS = ("global", "us")
TIERS = ("standard_only",)


@dataclass(frozen=True)
class Serving:
    """Values of the fields `speed`, `inference_geo` and `service_tier` beside the default.

    `fast_betas` are the beta features that fast mode needs.
    """

    speed: tuple[str, ...] = ()
    inference_geo: tuple[str, ...] = ()
    service_tier: tuple[str, ...] = ()
    fast_betas: tuple[str, ...] = ()


def serving_of(model_id: str, lacks: Container[Feature], today: date) -> Serving:
    """Return what a model offers on a platform that lacks some features."""
    facts = facts_for(model_id)
    betas = (FAST_BETA,) if facts.fast_mode == "beta" else ()
    is_fast = (
        facts.fast_mode is not None
        and "fast_mode" not in lacks
        and not (betas and "betas" in lacks)
        and not (facts.fast_mode_until and today >= facts.fast_mode_until)
    )
    # Capacity is sold where the place is chosen: by Anthropic itself.
    is_own = "residency" not in lacks
    return Serving(
        speed=("fast",) if is_fast else (),
        inference_geo=REGIONS if is_own and facts.regions else (),
        service_tier=TIERS if is_own and facts.priority_tier else (),
        fast_betas=betas if is_fast else (),
    )
