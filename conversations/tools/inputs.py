"""Whether the input of a call fits the schema of its tool."""

from typing import Any

import jsonschema

from conversations.models.wire import dump

from .base import Input

MAX_INPUT_CHARACTERS = 100_000  # ours: what a person could still look through
MAX_DEPTH = 30  # ours: deeper input is no input but an attack on who reads it


def problem_with(tool_input: Input, schema: Input) -> str | None:
    """Return in English why an input does not fit, for Claude; None when it fits."""
    if _depth(tool_input) > MAX_DEPTH:
        return f"it is nested more than {MAX_DEPTH} deep."
    if len(dump(tool_input)) > MAX_INPUT_CHARACTERS:
        return f"it has more than {MAX_INPUT_CHARACTERS:,} characters."
    validator = jsonschema.Draft202012Validator(schema)
    try:
        error = jsonschema.exceptions.best_match(validator.iter_errors(tool_input))
    except Exception as broken:  # noqa: BLE001  a server's schema may be anything
        return f"its schema cannot be read ({type(broken).__name__})."
    if error is None:
        return None
    place = error.json_path.removeprefix("$").removeprefix(".")
    return f"{place}: {error.message[:500]}" if place else error.message[:500]


def _depth(value: Any) -> int:
    """Return how deep a value is nested, looking no deeper than it must."""
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [inner for item in level for inner in _inner(item)]
    return depth


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
