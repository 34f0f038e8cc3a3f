"""The capabilities of a model, in the shape of the Models API."""

from collections.abc import Iterable, Mapping
from typing import Any

from .types import Json

EFFORTS = ("low", "medium", "high", "xhigh", "max")
THINKING_TYPES = ("adaptive", "enabled", "disabled", "between_tools")
# Ours: thinks, and shows nothing of it. For the API it is a display, no type.
OMITTED = "omitted"
SHOWING_TYPES = ("adaptive", "enabled")  # those that have a display


def supports(capabilities: Mapping[str, Any] | None, *path: str) -> bool | None:
    """Tell whether a capability is there: supports(c, "thinking", "types", "enabled").

    None means that nobody said, which is not the same as False.
    """
    node: Any = capabilities
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else None
    supported = node.get("supported") if isinstance(node, Mapping) else None
    return supported if isinstance(supported, bool) else None


def supported_efforts(capabilities: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the effort levels that the model takes, from low to max."""
    return tuple(level for level in EFFORTS if supports(capabilities, "effort", level))


def supported_thinking(capabilities: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the values of `thinking.type` that the model takes."""
    return tuple(
        kind
        for kind in THINKING_TYPES
        if supports(capabilities, "thinking", "types", kind)
    )


def thinking_modes(capabilities: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what people may choose: the types that the model takes, and OMITTED."""
    types = supported_thinking(capabilities)
    shows = any(kind in types for kind in SHOWING_TYPES)
    return (*types, OMITTED) if shows else types


def capabilities_of(*, thinking: Iterable[str], efforts: Iterable[str] | None) -> Json:
    """Return what the documentation says of a model; `efforts` None means unknown.

    What it does not say model by model is left out: the API knows better.
    """
    capabilities = {
        "batch": {"supported": True},
        "citations": {"supported": True},
        "image_input": {"supported": True},
        "pdf_input": {"supported": True},
        "thinking": {"supported": True, "types": _leaves(THINKING_TYPES, thinking)},
    }
    if efforts is not None:
        efforts = tuple(efforts)
        leaves = _leaves(EFFORTS, efforts)
        capabilities["effort"] = {"supported": bool(efforts)} | leaves
    return capabilities


def _leaves(names: Iterable[str], supported: Iterable[str]) -> Json:
    supported = frozenset(supported)
    return {name: {"supported": name in supported} for name in names}
