"""Thinking and effort as a model takes them; a control that it refuses is not sent."""

from typing import Any

from conversations.claude.capabilities import (
    OMITTED,
    SHOWING_TYPES,
    supported_efforts,
    supported_thinking,
    supports,
    thinking_modes,
)
from conversations.models import ModelCard

MAX_TOKENS_UNKNOWN_MODEL = 8_192  # ours: every model known so far allows as much
# ours: room for xhigh and max effort (API guide, effort), below every window
MAX_TOKENS = 64_000
BUDGET_TOKENS = 16_000  # ours: for models that want a thinking budget
# With it the stream tells how much was thought where nothing of it is shown.
THINKING_COUNT_BETA = "thinking-token-count-2026-05-13"
# Without adaptive thinking the API refuses the two highest levels (API guide, thinking).
EFFORTS_NEEDING_THINKING = frozenset({"xhigh", "max"})


def max_tokens(card: ModelCard) -> int:
    """Return the cap of one answer, its thinking included."""
    return min(card.max_tokens or MAX_TOKENS_UNKNOWN_MODEL, MAX_TOKENS)


def thinking_params(card: ModelCard, chosen: str) -> dict[str, Any]:
    """Return `thinking` for a request; {} leaves it to the model.

    The summary is asked for by name: by default newer models show nothing.
    """
    supported = supported_thinking(card.capabilities)
    mode = chosen or ("adaptive" if card.thinking_default in ("always", "on") else "")
    display = "summarized"
    if mode == OMITTED:
        mode = next((kind for kind in SHOWING_TYPES if kind in supported), "")
        display = "omitted"
    if mode not in supported:
        return {}
    thinking: dict[str, Any] = {"type": mode}
    if mode in SHOWING_TYPES:
        thinking["display"] = display
    if mode == "enabled":
        thinking["budget_tokens"] = min(BUDGET_TOKENS, max_tokens(card) // 2)
    return {"thinking": thinking}


def thinking_betas(card: ModelCard, chosen: str) -> list[str]:
    """Return the beta that has a stream count thinking which is not shown, if it can.

    An API that told of compaction has understood the beta which asked for that.
    """
    takes_betas = supports(card.capabilities, "compaction") is not None
    if chosen != OMITTED or not takes_betas:
        return []
    return [THINKING_COUNT_BETA]


def effort_params(card: ModelCard, chosen: str) -> dict[str, Any]:
    """Return `output_config` for a request; {} leaves the model's default."""
    if chosen not in supported_efforts(card.capabilities):
        return {}
    return {"output_config": {"effort": chosen}}


def settings_problem(card: ModelCard, effort: str, thinking: str) -> str | None:
    """Say why a model refuses these settings, or None when it takes them."""
    efforts = supported_efforts(card.capabilities)
    modes = thinking_modes(card.capabilities)
    if effort and effort not in efforts:
        return _not_offered(card, "effort", effort, efforts)
    if thinking and thinking not in modes:
        return _not_offered(card, "thinking", thinking, modes)
    without = thinking in ("disabled", "between_tools")
    if without and effort in EFFORTS_NEEDING_THINKING:
        return (
            f"Effort {effort!r} needs thinking. Choose effort 'high' or lower,"
            " or switch thinking on."
        )
    return None


def _not_offered(
    card: ModelCard, what: str, chosen: str, offered: tuple[str, ...]
) -> str:
    choices = ", ".join(offered) or "none: leave it at the model's default"
    return f"{card.display_name} has no {what} {chosen[:40]!r}. It offers: {choices}."
