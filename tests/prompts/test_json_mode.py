"""Which schemas a conversation may have: what the API refuses is refused in words."""

import json
from typing import Any

import pytest
from anthropic import transform_schema

from conversations.models import ModelCard, Prefix
from conversations.prompts.json_mode import (
    EXAMPLES,
    BadSchema,
    clash,
    find_problems,
    format_params,
    read_schema,
    settings_problem,
)
from conversations.protocol.commands import MAX_SCHEMA_CHARACTERS
from conversations.simulator.errors import RequestRejected
from conversations.simulator.validation.schemas import check_output_schema

type Json = dict[str, Any]

TEXT = {"type": "string"}


def an_object(**properties: Any) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def nested(levels: int) -> Json:
    schema: Json = an_object(end=TEXT)
    for _ in range(levels):
        schema = an_object(inner=schema)
    return schema


def multiplying(levels: int) -> Json:
    """Return a small schema that is large when its references are followed."""
    definitions: Json = {f"d{levels}": TEXT}
    for level in range(levels):
        ref = {"$ref": f"#/$defs/d{level + 1}"}
        definitions[f"d{level}"] = an_object(**dict.fromkeys("abcdefgh", ref))
    return an_object(x={"$ref": "#/$defs/d0"}) | {"$defs": definitions}


# The SDK would make "anyOf" of it.
SEVERAL_TYPES = an_object(a={"type": ["string", "null"]}, b={"enum": [1, "x", None]})
GOOD = [
    *(json.loads(example.text) for example in EXAMPLES),
    an_object(),
    SEVERAL_TYPES,
    an_object(a={"anyOf": [TEXT, {"type": "null"}]}, b={"const": 1}),
    an_object(a={"type": "array", "items": TEXT, "minItems": 1}),
    an_object(a={"type": "string", "format": "date", "description": "A day."}),
    an_object(a={"$ref": "#/$defs/x"}, b={"$ref": "#/$defs/x"})
    | {"$defs": {"x": an_object(y=TEXT)}},
    nested(10),
]
BAD: list[tuple[Any, list[str]]] = [
    ([], ["A schema is a JSON object: { … }."]),
    (
        {"type": "array", "items": TEXT},
        ["The answer as a whole has to be of the type “object”."],
    ),
    (
        {"type": "object", "properties": {"a": TEXT}},
        ["An object needs “additionalProperties” to be false."],
    ),
    (
        an_object(a={"type": "object", "additionalProperties": True}),
        ["a: An object needs “additionalProperties” to be false."],
    ),
    (
        an_object(age={"type": "integer", "minimum": 0, "maximum": 9}),
        [
            "age: “minimum” is not supported. Say it in the description instead.",
            "age: “maximum” is not supported. Say it in the description instead.",
        ],
    ),
    (
        an_object(a={"type": "array", "items": {"type": "string", "maxLength": 3}}),
        ["a[]: “maxLength” is not supported. Say it in the description instead."],
    ),
    (
        an_object(a={"type": "array", "items": TEXT, "minItems": 2}),
        ["a: “minItems” can only be 0 or 1."],
    ),
    (
        an_object(a={"oneOf": [TEXT]}),
        ["a: “oneOf” is not supported. Use “anyOf”.", "a: A “type” is missing."],
    ),
    (
        an_object(a={"anyOf": [TEXT, {"type": "number", "multipleOf": 2}]}),
        [
            "a.anyOf[1]: “multipleOf” is not supported."
            " Say it in the description instead."
        ],
    ),
    (
        an_object(a={"$ref": "#/$defs/node"})
        | {"$defs": {"node": an_object(next={"$ref": "#/$defs/node"})}},
        ["$defs.node: This contains itself; recursion is not supported."],
    ),
    (
        an_object(a={"$ref": "https://example.com/x"}),
        ["a: “https://example.com/x” names no definition under “$defs”."],
    ),
    (
        an_object(a={"enum": [{"b": 1}]}),
        ["a: “enum” and “const” take no objects or lists."],
    ),
    (
        an_object(a={"enum": []}),
        ["a: “enum” has to be a list with at least one value."],
    ),
    (an_object(a={}), ["a: A “type” is missing."]),
    (an_object(a=True), ["a: Expected a JSON object that describes a value."]),
    (
        an_object(a=TEXT) | {"required": ["b"]},
        ["“required” names 'b', which is no property."],
    ),
    (
        {**an_object(**{f"p{n}": TEXT for n in range(25)}), "required": []},
        ["It has 25 optional properties; the API takes at most 24."],
    ),
    (
        an_object(**{f"p{n}": {"type": ["string", "null"]} for n in range(17)}),
        ["It has 17 places with several types; the API takes at most 16."],
    ),
    (
        nested(13),
        [f"{'.'.join(['inner'] * 13)}: This is nested more than 12 levels deep."],
    ),
    (multiplying(4), ["The schema is too large for the API to compile."]),
    (
        {"type": "object", "$defs": 1, "additionalProperties": False},
        ["$defs: Expected a JSON object of definitions."],
    ),
]


@pytest.mark.parametrize("schema", GOOD)
def test_what_the_api_takes_is_taken(schema: Json) -> None:
    assert read_schema(json.dumps(schema)) == schema
    # An independent reading of the same rules.
    check_output_schema(schema, "output_config.format.schema")


@pytest.mark.parametrize("schema", [s for s in GOOD if s is not SEVERAL_TYPES])
def test_the_sdk_finds_nothing_to_move_into_descriptions(schema: Json) -> None:
    transformed = json.dumps(transform_schema(schema))

    assert '"description": "{' not in transformed
    assert "\\n\\n{" not in transformed


@pytest.mark.parametrize(("schema", "problems"), BAD)
def test_each_problem_is_told_with_its_place(schema: Any, problems: list[str]) -> None:
    assert list(map(str, find_problems(schema))) == problems


# How deep is too deep nobody says: ours is the nearer limit.
REFUSED_BY_THE_SIMULATOR = [
    schema for schema, _ in BAD if isinstance(schema, dict) and schema != nested(13)
]


@pytest.mark.parametrize("schema", REFUSED_BY_THE_SIMULATOR)
def test_the_simulator_refuses_it_too(schema: Json) -> None:
    with pytest.raises(RequestRejected):
        check_output_schema(schema, "output_config.format.schema")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "This is no JSON: Expecting property name enclosed in double quotes"),
        ("", "This is no JSON: Expecting value (line 1, column 1)."),
        ("[" * 20_000, "The schema is nested too deeply."),
        (" " * 20_001, "The schema has 20,001 characters; at most 20,000 are allowed."),
        ('{"const": NaN}', "It holds a number or a character that JSON cannot carry."),
        ('{"const": 1e999}', "It holds a number or a character that JSON cannot"),
        ('{"a": "\\ud800"}', "It holds a number or a character that JSON cannot"),
    ],
)
def test_what_is_no_schema_at_all_is_said(text: str, problem: str) -> None:
    with pytest.raises(BadSchema) as caught:
        read_schema(text)

    assert str(caught.value).startswith(problem)


def test_few_problems_are_told_at_once() -> None:
    schema = an_object(**{f"p{n}": {} for n in range(30)})

    with pytest.raises(BadSchema) as caught:
        read_schema(json.dumps(schema))

    assert len(caught.value.problems) == 8


def test_the_longest_schema_is_looked_at_quickly() -> None:
    wide = {f"p{n}": {"$ref": "#/$defs/d0"} for n in range(300)}
    schema = {**multiplying(4), "properties": wide, "required": []}

    assert len(json.dumps(schema)) < MAX_SCHEMA_CHARACTERS
    assert find_problems(schema)


def test_the_schema_goes_with_every_request() -> None:
    schema = an_object(a=TEXT)

    assert format_params(Prefix()) == {}
    assert format_params(Prefix(json_schema=schema)) == {
        "output_config": {"format": {"type": "json_schema", "schema": schema}}
    }


@pytest.mark.parametrize("supported", [True, False, None])
def test_only_a_model_that_keeps_to_schemas_will_do(supported: bool | None) -> None:
    capabilities = {"structured_outputs": {"supported": supported}}
    card = ModelCard(display_name="M", capabilities=capabilities)

    problem = settings_problem(card, Prefix(json_schema=an_object()))

    assert (problem is None) == (supported is True)
    assert settings_problem(card, Prefix()) is None


def test_web_search_cannot_go_with_a_schema() -> None:
    assert clash([{"type": "web_search_20260318", "name": "web_search"}])
    assert clash([{"name": "calculator", "input_schema": {}}]) is None
