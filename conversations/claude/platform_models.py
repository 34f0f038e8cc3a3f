"""What a model is, that a platform calls by another name and serves with less."""

import copy
import re
from collections.abc import Collection, Mapping
from typing import Any

from .catalog import facts_for
from .platform_facts import Feature
from .types import Json

# anthropic.claude-opus-4-8-v1:0, us.anthropic.claude-…, claude-haiku-4-5@20251001, …
_CLAUDE = re.compile(r"claude-[a-z]+-\d+(?:-\d{1,2}(?!\d))?(?:-\d{8}(?!\d))?")

# Where the Models API tells of a feature that a platform may lack.
_PATHS: Mapping[Feature, tuple[str, ...]] = {
    "batches": ("batch",),
    "code_execution": ("server_tools", "code_execution"),
    "structured_outputs": ("structured_outputs",),
    "tool_search": ("server_tools", "tool_search"),
    "web_fetch": ("server_tools", "web_fetch"),
    "web_search": ("server_tools", "web_search"),
}


def known_name(wire_id: str) -> str:
    """Return the Claude API's id of the model that a platform's id names.

    An id that says nothing, such as an ARN or a deployment's name, stays as it is.
    """
    if match := _CLAUDE.search(wire_id.replace("@", "-")):
        return facts_for(match[0]).id
    return wire_id


def limited_to(
    capabilities: Mapping[str, Any] | None, lacks: Collection[Feature]
) -> Json | None:
    """Return a model's capabilities without those that its platform lacks."""
    if capabilities is None:
        return None
    limited = copy.deepcopy(dict(capabilities))
    for feature, path in _PATHS.items():
        if feature in lacks:
            _deny(limited, path)
    if {"web_search", "web_fetch", "code_execution"} <= set(lacks):
        _deny(limited, ("server_tools",))
    if {"betas", "models"} & set(lacks) and "compaction" in limited:
        # A beta, of which only the list of models tells whether it is there.
        _deny(limited, ("compaction", "summarize"))
    return limited


def _deny(capabilities: Json, path: tuple[str, ...]) -> None:
    node = capabilities
    for name in path[:-1]:
        if not isinstance(node.get(name), dict):
            node[name] = {}
        node = node[name]
    leaf = node.get(path[-1])
    node[path[-1]] = {**(leaf if isinstance(leaf, dict) else {}), "supported": False}
