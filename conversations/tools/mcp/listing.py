"""A server's list of tools: checked, named, and compared with what was agreed to."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jsonschema

from conversations.models.wire import dump
from conversations.tools.base import Definition

MAX_TOOLS = 100  # ours: a model that has to choose among more chooses badly
MAX_NAME_CHARACTERS = 64  # API limit
MAX_DESCRIPTION_CHARACTERS = 8_000  # ours: some 2,000 tokens with every request
MAX_SCHEMA_CHARACTERS = 30_000  # ours
# What the API refuses at the top of a schema (API reference, tools).
FORBIDDEN_AT_TOP = ("oneOf", "anyOf", "allOf")
PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True)
class Listed:
    """One tool of a server. `problem` says why it cannot be offered, if so.

    `name` is the server's, `known_as` what Claude calls it by.
    """

    name: str
    known_as: str
    title: str
    description: str
    input_schema: dict[str, Any]
    digest: str
    problem: str = ""

    @property
    def schema_text(self) -> str:
        """The input schema as people read it."""
        return json.dumps(self.input_schema, indent=2, ensure_ascii=False)

    def definition(self) -> Definition:
        """Return what is declared to the API."""
        return {
            "name": self.known_as,
            "description": self.description,
            "input_schema": self.input_schema,
        }


def read_list(server: str, tools: Iterable[dict[str, Any]]) -> list[Listed]:
    """Return the tools that `server` has listed, the usable and the others."""
    listed: list[Listed] = []
    taken: set[str] = set()
    for tool in list(tools)[:MAX_TOOLS]:
        item = _listed(server, tool)
        if not item.problem and item.known_as in taken:
            item = _listed(server, tool, "Another tool of the server has this name.")
        taken.add(item.known_as)
        listed.append(item)
    return listed


def digest_of(tool: dict[str, Any]) -> str:
    """Return what changes when anything changes that Claude is told of a tool."""
    told = [tool.get("name"), tool.get("description"), tool.get("inputSchema")]
    return hashlib.sha256(dump(told).encode()).hexdigest()


def _listed(server: str, tool: dict[str, Any], problem: str = "") -> Listed:
    name = str(tool.get("name") or "")
    annotations = tool.get("annotations") or {}
    schema = tool.get("inputSchema")
    description = str(tool.get("description") or "")
    return Listed(
        name=name,
        known_as=known_as(server, name),
        title=str(tool.get("title") or annotations.get("title") or name)[:100],
        description=description[:MAX_DESCRIPTION_CHARACTERS],
        input_schema=schema if isinstance(schema, dict) else {},
        digest=digest_of(tool),
        problem=problem or _problem(name, description, schema),
    )


def known_as(server: str, name: str) -> str:
    """Return the name by which Claude calls a tool: no two servers share one."""
    full = f"mcp_{server}_{NOT_IN_A_NAME.sub('_', name)}"
    if len(full) <= MAX_NAME_CHARACTERS:
        return full
    end = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{full[: MAX_NAME_CHARACTERS - 9]}_{end}"


def _problem(name: str, description: str, schema: Any) -> str:
    if not name:
        return "It has no name."
    if len(description) > MAX_DESCRIPTION_CHARACTERS:
        return (
            f"Its description has more than {MAX_DESCRIPTION_CHARACTERS:,} characters."
        )
    return schema_problem(schema)


def schema_problem(schema: Any) -> str:
    """Return why the API would refuse an input schema; an empty text if it would not."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return "Its input is not described as an object."
    if len(dump(schema)) > MAX_SCHEMA_CHARACTERS:
        return f"Its schema has more than {MAX_SCHEMA_CHARACTERS:,} characters."
    if found := [key for key in FORBIDDEN_AT_TOP if key in schema]:
        return f"Its schema has {found[0]} at the top, which Claude's API refuses."
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        return "The properties of its input are no object."
    for name in properties:
        if not PROPERTY.fullmatch(name):
            return f"Claude's API refuses the name of its property {name[:80]!r}."
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except (jsonschema.SchemaError, RecursionError):
        return "Its schema is no JSON Schema."
    return ""
