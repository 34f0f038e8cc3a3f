"""JSON mode: a schema that every answer of a conversation has to fit, for ever.

What the API refuses (its guide to structured outputs) is refused here first, with the
place and with what to do instead.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from conversations.claude.capabilities import supports
from conversations.models import ModelCard, Prefix
from conversations.protocol.commands import MAX_SCHEMA_CHARACTERS

type Json = dict[str, Any]

MAX_DEPTH = 12  # ours: objects in objects, with definitions put in their places
MAX_PARTS = 1_000  # ours: what is compiled, with definitions put in their places
MAX_OPTIONAL = 24  # API limit, structured outputs
MAX_UNIONS = 16  # API limit, structured outputs
LONGEST_PLACE = 100  # ours, characters
MAX_PROBLEMS = 8  # ours: nobody reads more at once

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
FORMATS = (
    *("date-time", "time", "date", "duration", "email", "hostname", "uri"),
    *("ipv4", "ipv6", "uuid"),
)
KEYWORDS = frozenset(
    (
        *("type", "properties", "required", "additionalProperties", "items"),
        *("enum", "const", "anyOf", "allOf", "$ref", "$defs", "minItems"),
        *("format", "pattern", "default", "examples", "title", "description"),
        *("$schema", "$comment"),
    )
)
INSTEAD = {"oneOf": "Use “anyOf”.", "definitions": "Use “$defs”."}
DESCRIBE = "Say it in the description instead."


@dataclass(frozen=True)
class Example:
    """A schema to begin with."""

    name: str
    properties: Json

    @property
    def text(self) -> str:
        return json.dumps(_object(self.properties), indent=2)


def _object(properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
EXAMPLES = (
    Example(
        "An answer and how sure it is", {"answer": _TEXT, "sure": {"type": "boolean"}}
    ),
    Example("A list of things", {"items": {"type": "array", "items": _TEXT}}),
    Example(
        "Rows of a table",
        {
            "rows": {
                "type": "array",
                "items": _object({"name": _TEXT, "amount": {"type": "number"}}),
            }
        },
    ),
    Example(
        "One of several labels",
        {
            "label": {"type": "string", "enum": ["positive", "neutral", "negative"]},
            "reason": {"type": "string", "description": "One sentence."},
        },
    ),
)


@dataclass(frozen=True)
class Problem:
    """Why a schema is refused. `place` is empty when it concerns all of it."""

    place: str
    message: str

    def __str__(self) -> str:
        place = self.place
        if len(place) > LONGEST_PLACE:
            place = f"…{place[-LONGEST_PLACE:]}"
        return f"{place}: {self.message}" if place else self.message


class BadSchema(ValueError):
    """A schema that the API would refuse."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(map(str, problems)))
        self.problems = problems


def read_schema(text: str) -> Json:
    """Return the schema in what a person pasted. Raises BadSchema."""
    if len(text) > MAX_SCHEMA_CHARACTERS:
        raise _bad(
            f"The schema has {len(text):,} characters; at most"
            f" {MAX_SCHEMA_CHARACTERS:,} are allowed."
        )
    try:
        schema = json.loads(text)
        json.dumps(schema, allow_nan=False, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _bad(
            f"This is no JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from None
    except RecursionError:
        raise _bad("The schema is nested too deeply.") from None
    except ValueError:
        raise _bad("It holds a number or a character that JSON cannot carry.") from None
    if problems := find_problems(schema):
        raise BadSchema(problems[:MAX_PROBLEMS])
    found: Json = schema
    return found


def find_problems(schema: object) -> list[Problem]:
    """Return why the API would refuse a schema, place by place."""
    if not isinstance(schema, dict):
        return [Problem("", "A schema is a JSON object: { … }.")]
    walk = _Walk(schema)
    walk.check(schema)
    return list(dict.fromkeys(walk.problems))


def format_params(prefix: Prefix) -> Json:
    """Return `output_config` for a request; {} for answers in words."""
    if prefix.json_schema is None:
        return {}
    format_ = {"type": "json_schema", "schema": prefix.json_schema}
    return {"output_config": {"format": format_}}


def settings_problem(card: ModelCard, prefix: Prefix) -> str | None:
    """Say why a model cannot answer in JSON, or None when it can or need not."""
    if prefix.json_schema is None:
        return None
    if supports(card.capabilities, "structured_outputs"):
        return None
    return (
        f"{card.display_name} cannot keep to a JSON schema, as this conversation asks."
        " Choose another model."
    )


def clash(tools: Iterable[Json]) -> str | None:
    """Say which tool cannot go with a schema: one whose answers always cite."""
    if any(str(tool.get("type", "")).startswith("web_search_") for tool in tools):
        return (
            "Web search always cites its sources, which answers in JSON cannot do."
            " Switch one of them off."
        )
    return None


def _bad(message: str) -> BadSchema:
    return BadSchema([Problem("", message)])


class _Walk:
    """Reads a schema as the API compiles it: each reference is what it names."""

    def __init__(self, root: Json) -> None:
        self.problems: list[Problem] = []
        self._root = root
        self._parts = 0
        self._optional: set[str] = set()
        self._unions: set[str] = set()

    def check(self, schema: Json) -> None:
        if schema.get("type") != "object":
            self._add("", "The answer as a whole has to be of the type “object”.")
        definitions = schema.get("$defs", {})
        if not isinstance(definitions, dict):
            self._add("$defs", "Expected a JSON object of definitions.")
            schema = {key: schema[key] for key in schema if key != "$defs"}
            self._root = schema
        self._visit(schema, "", 0, ())
        for name in self._definitions:
            self._visit(self._definitions[name], f"$defs.{name}", 1, (name,))
        for places, limit, what in (
            (self._optional, MAX_OPTIONAL, "optional properties"),
            (self._unions, MAX_UNIONS, "places with several types"),
        ):
            if len(places) > limit:
                self._add(
                    "",
                    f"It has {len(places)} {what}; the API takes at most {limit}.",
                )

    @property
    def _definitions(self) -> Json:
        definitions: Json = self._root.get("$defs", {})
        return definitions

    def _add(self, place: str, message: str) -> None:
        self.problems.append(Problem(place, message))

    def _visit(
        self, schema: object, place: str, depth: int, seen: tuple[str, ...]
    ) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            if self._parts == MAX_PARTS + 1:
                self._add("", "The schema is too large for the API to compile.")
            return
        if depth > MAX_DEPTH:
            self._add(place, f"This is nested more than {MAX_DEPTH} levels deep.")
            return
        if not isinstance(schema, dict):
            self._add(place, "Expected a JSON object that describes a value.")
            return
        self._check_keywords(schema, place)
        self._check_values(schema, place)
        if "$ref" in schema:
            self._follow(schema["$ref"], place, depth, seen)
        else:
            self._check_type(schema, place)
        for inner, at in self._inner(schema, place):
            self._visit(inner, at, depth + 1, seen)

    def _check_keywords(self, schema: Json, place: str) -> None:
        for keyword in schema:
            if keyword not in KEYWORDS:
                instead = INSTEAD.get(keyword, DESCRIBE)
                self._add(place, f"“{keyword[:40]}” is not supported. {instead}")
        if "$defs" in schema and place:
            self._add(place, "“$defs” can only stand at the top.")
        if schema.get("minItems", 0) not in (0, 1):
            self._add(place, "“minItems” can only be 0 or 1.")

    def _check_values(self, schema: Json, place: str) -> None:
        values = schema.get("enum", [None])
        if not isinstance(values, list) or not values:
            self._add(place, "“enum” has to be a list with at least one value.")
            values = []
        if any(
            isinstance(value, dict | list) for value in [*values, schema.get("const")]
        ):
            self._add(place, "“enum” and “const” take no objects or lists.")
        if "format" in schema and schema["format"] not in FORMATS:
            self._add(place, f"“format” can only be one of {', '.join(FORMATS)}.")

    def _check_type(self, schema: Json, place: str) -> None:
        kind = schema.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        if kind is None:
            if not schema.keys() & {"enum", "const", "anyOf", "allOf"}:
                self._add(place, "A “type” is missing.")
        elif not kinds or any(each not in TYPES for each in kinds):
            self._add(place, f"“type” can only be one of {', '.join(TYPES)}.")
        if len(kinds) > 1 or "anyOf" in schema:
            self._unions.add(place)
        if "object" in kinds:
            self._check_object(schema, place)

    def _check_object(self, schema: Json, place: str) -> None:
        if schema.get("additionalProperties") is not False:
            self._add(place, "An object needs “additionalProperties” to be false.")
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        if not isinstance(properties, dict):
            self._add(place, "“properties” has to be a JSON object.")
            return
        if not isinstance(required, list):
            self._add(place, "“required” has to be a list of names.")
            return
        for name in required:
            if not isinstance(name, str) or name not in properties:
                self._add(
                    place, f"“required” names {str(name)[:40]!r}, which is no property."
                )
        self._optional |= {
            f"{place}.{name}" for name in properties if name not in required
        }

    def _inner(self, schema: Json, place: str) -> list[tuple[object, str]]:
        """Return the schemas inside of this one, with their places."""
        prefix = f"{place}." if place else ""
        inner: list[tuple[object, str]] = []
        if isinstance(properties := schema.get("properties"), dict):
            inner += [(each, f"{prefix}{name}") for name, each in properties.items()]
        if "items" in schema:
            inner.append((schema["items"], f"{place}[]"))
        for keyword in ("anyOf", "allOf"):
            choices = schema.get(keyword, [{}])
            if not isinstance(choices, list) or not choices:
                self._add(place, f"“{keyword}” has to be a list of schemas.")
            elif keyword in schema:
                inner += [
                    (each, f"{prefix}{keyword}[{number}]")
                    for number, each in enumerate(choices)
                ]
        return inner

    def _follow(
        self, ref: object, place: str, depth: int, seen: tuple[str, ...]
    ) -> None:
        name = ref.removeprefix("#/$defs/") if isinstance(ref, str) else ""
        if ref != f"#/$defs/{name}" or name not in self._definitions:
            self._add(place, f"“{str(ref)[:60]}” names no definition under “$defs”.")
        elif name in seen:
            self._add(
                f"$defs.{name}", "This contains itself; recursion is not supported."
            )
        else:
            target = self._definitions[name]
            self._visit(target, f"$defs.{name}", depth + 1, (*seen, name))
