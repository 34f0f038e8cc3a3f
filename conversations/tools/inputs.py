"""Whether the input of a call fits the schema of its tool.

Only our own schemas are followed: one of a stranger may hold a pattern that takes for ever,
or references that double with each step. A stranger's server checks its input itself.
"""

from typing import Any

import jsonschema
from referencing import Registry

from conversations.models.wire import dump

from .base import Input

MAX_INPUT_CHARACTERS = 100_000  # ours: what a person could still look through
MAX_DEPTH = 30  # ours: deeper input is no input but an attack on who reads it


def size_problem(tool_input: Input) -> str | None:
    """Return in English why an input is too large or too deep; None when it is not."""
    if _depth(tool_input) > MAX_DEPTH:
        return f"it is nested more than {MAX_DEPTH} deep."
    if len(dump(tool_input)) > MAX_INPUT_CHARACTERS:
        return f"it has more than {MAX_INPUT_CHARACTERS:,} characters."
    return None


def problem_with(tool_input: Input, schema: Input) -> str | None:
    """Return in English why an input does not fit, for Claude; None when it fits.

    `schema` is one of ours.
    """
    if problem := size_problem(tool_input):
        return problem
    # An empty registry: nothing is ever fetched for a reference.
    validator = jsonschema.Draft202012Validator(schema, registry=Registry())
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
