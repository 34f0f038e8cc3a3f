"""Answers in JSON: shown as code, and compared with the schema that they had to fit.

static/js/json-text.js holds the same rules for an answer that is still coming.
"""

import json
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

FENCE = "~" * 20  # longer than any that an answer holds by chance
INDENT = "  "
MAX_INDENTED = 40  # ours: levels; deeper ones are not moved further to the right
COMPARED_ERRORS = 50  # ours: enough to find the one that says most
LONGEST_SENTENCE = 300  # ours, characters: the errors of the library quote the answer


def in_code(text: str) -> str:
    """Return the Markdown of a code block for JSON; other text as it is.

    The block is not closed: more of the answer may come.
    """
    if text.lstrip(" \t\r\n")[:1] not in ("{", "["):
        return text
    return f"{FENCE}json\n{laid_out(text)}"


def laid_out(text: str) -> str:
    """Return JSON, or the beginning of it, with line breaks and indents.

    Only white space changes: numbers, escapes and the order of keys stay as they came.
    """
    parts: list[str] = []
    depth = 0
    in_string = is_escaped = False
    has_opened = False  # a bracket that may turn out to be empty
    for character in text:
        if in_string:
            parts.append(character)
            if is_escaped or character == "\\":
                is_escaped = not is_escaped
            elif character == '"':
                in_string = False
            continue
        if character in " \t\r\n":
            continue
        if character in "}]":
            depth = max(0, depth - 1)
            parts.append(character if has_opened else _line(depth) + character)
            has_opened = False
            continue
        if has_opened:
            parts.append(_line(depth))
            has_opened = False
        parts.append(_spaced(character, depth))
        in_string = character == '"'
        if character in "{[":
            depth += 1
            has_opened = True
    return "".join(parts)


def mismatch(schema: dict[str, Any], text: str) -> str:
    """Say where an answer does not fit its schema; "" when it does, or says nothing."""
    if not text.strip():
        return ""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return f"it is no JSON from character {error.pos + 1} on."
    except RecursionError:
        return "it is nested too deeply."
    errors = islice(_Validator(schema).iter_errors(value), COMPARED_ERRORS)
    worst = best_match(errors)
    if worst is None:
        return ""
    words = worst.message[:LONGEST_SENTENCE]
    place = worst.json_path.removeprefix("$").removeprefix(".")
    return f"{place}: {words}." if place else f"{words}."


def _line(depth: int) -> str:
    return "\n" + INDENT * min(depth, MAX_INDENTED)


def _spaced(character: str, depth: int) -> str:
    if character == ",":
        return "," + _line(depth)
    return ": " if character == ":" else character


def _unchecked(*_: object) -> None:
    """Take a pattern for kept: a person's own may take for ever to compare."""


_Validator = extend(Draft202012Validator, {"pattern": _unchecked, "format": _unchecked})
