"""Which JSON schemas structured output accepts."""

from typing import Any

from conversations.simulator.errors import invalid
from conversations.simulator.validation.shapes import an_object, join

FORBIDDEN_KEYWORDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
)
MAX_DEPTH = 32  # ours: deeper than any schema a person writes


def check_output_schema(schema: Any, path: str) -> None:
    """Check the schema of `output_config.format`."""
    an_object(schema, path)
    if schema.get("type") != "object":
        raise invalid(join(path, "type"), "Input should be 'object'")
    _check(schema, path, schema, ())


def _check(schema: Any, path: str, root: dict[str, Any], seen: tuple[str, ...]) -> None:
    an_object(schema, path)
    if len(path.split(".")) > MAX_DEPTH:
        raise invalid(path, "Schema is too complex for compilation")
    for keyword in FORBIDDEN_KEYWORDS:
        if keyword in schema:
            raise invalid(path, f"For schemas, property '{keyword}' is not supported")
    if schema.get("minItems", 0) not in (0, 1):
        raise invalid(join(path, "minItems"), "Input should be 0 or 1")
    if (
        schema.get("type") == "object"
        and schema.get("additionalProperties") is not False
    ):
        raise invalid(
            path,
            "For 'object' type, 'additionalProperties' must be explicitly set to false",
        )
    if "$ref" in schema:
        _follow(schema["$ref"], path, root, seen)
    for name, inner in (schema.get("properties") or {}).items():
        _check(inner, f"{path}.properties.{name}", root, seen)
    if "items" in schema:
        _check(schema["items"], f"{path}.items", root, seen)
    for index, inner in enumerate(schema.get("anyOf") or []):
        _check(inner, f"{path}.anyOf.{index}", root, seen)


def _follow(ref: Any, path: str, root: dict[str, Any], seen: tuple[str, ...]) -> None:
    name = str(ref).removeprefix("#/$defs/")
    target = (root.get("$defs") or {}).get(name)
    if target is None:
        raise invalid(join(path, "$ref"), f"'{ref}' does not name a definition")
    if name in seen:
        raise invalid(join(path, "$ref"), "recursive schemas are not supported")
    _check(target, f"{path}.$defs.{name}", root, (*seen, name))
