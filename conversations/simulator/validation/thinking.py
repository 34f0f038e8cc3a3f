"""What may be asked of a model's thinking."""

from conversations.simulator.errors import invalid
from conversations.simulator.models import Model
from conversations.simulator.wire import Json

BINDING_BETA = "thinking-binding-controls-2026-08-01"
INTERLEAVED_BETA = "interleaved-thinking-2025-05-14"


def check_thinking(params: Json, model: Model, betas: frozenset[str]) -> None:
    """Check `thinking` and its combination with effort and `max_tokens`."""
    thinking = params.get("thinking")
    if thinking is None:
        return
    kind = thinking["type"]
    if kind not in model.thinking_types:
        raise invalid("thinking.type", _refusal(kind, model))
    effort = (params.get("output_config") or {}).get("effort")
    is_off = kind in ("disabled", "between_tools")
    if is_off and effort in ("xhigh", "max") and model.quiet_effort_limit:
        raise invalid(
            "output_config.effort",
            f"'{effort}' is not supported with thinking type '{kind}' on {model.id}",
        )
    if thinking.get("block_binding") is not None and BINDING_BETA not in betas:
        raise invalid("thinking.block_binding", "Extra inputs are not permitted")
    if kind == "enabled":
        _check_budget(params, betas)


def _refusal(kind: str, model: Model) -> str:
    if kind == "adaptive":
        return f"adaptive thinking is not supported on this model ({model.id})"
    supported = ", ".join(model.thinking_types)
    return (
        f'"thinking.type.{kind}" is not supported for this model ({model.id}). '
        f"Supported: {supported}"
    )


def _check_budget(params: Json, betas: frozenset[str]) -> None:
    budget = params["thinking"]["budget_tokens"]
    cap = params.get("max_tokens")
    if cap is not None and budget >= cap and INTERLEAVED_BETA not in betas:
        raise invalid(
            "max_tokens",
            f"must be greater than `thinking.budget_tokens` ({cap} <= {budget})",
        )
