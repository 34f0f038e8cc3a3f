"""What is made of the list that a server gives, whatever it says."""

from typing import Any

import pytest

from conversations.tools.mcp.listing import MAX_TOOLS, known_as, read_list

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}


def tool(**fields: Any) -> dict[str, Any]:
    return {"name": "find", "description": "Finds.", "inputSchema": SCHEMA, **fields}


def problems(*tools: dict[str, Any]) -> list[str]:
    return [item.problem for item in read_list("box", tools)]


def test_a_sound_tool_is_declared_under_a_name_of_its_server() -> None:
    [item] = read_list("box", [tool(name="files/find")])

    assert item.definition() == {
        "name": "mcp_box_files_find",
        "description": "Finds.",
        "input_schema": SCHEMA,
    }


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": ""}, "It has no name."),
        (
            {"description": "x" * 8_001},
            "Its description has more than 8,000 characters.",
        ),
        ({"inputSchema": None}, "Its input is not described as an object."),
        (
            {"inputSchema": {"type": "string"}},
            "Its input is not described as an object.",
        ),
        (
            {"inputSchema": {"type": "object", "description": "x" * 30_000}},
            "Its schema has more than 30,000 characters.",
        ),
        (
            {"inputSchema": {"type": "object", "anyOf": []}},
            "Its schema has anyOf at the top, which Claude's API refuses.",
        ),
        (
            {"inputSchema": {"type": "object", "properties": {"a b": {}}}},
            "Claude's API refuses the name of its property 'a b'.",
        ),
        (
            {"inputSchema": {"type": "object", "properties": []}},
            "The properties of its input are no object.",
        ),
        (
            {"inputSchema": {"type": "object", "properties": {"a": {"type": 7}}}},
            "Its schema is no JSON Schema.",
        ),
    ],
)
def test_what_the_api_would_refuse_is_left_out_with_the_reason(
    fields: dict[str, Any], problem: str
) -> None:
    assert problems(tool(**fields), tool(name="other")) == [problem, ""]


def test_two_tools_never_share_a_name() -> None:
    assert problems(tool(name="a.b"), tool(name="a/b")) == [
        "",
        "Another tool of the server has this name.",
    ]


def test_more_tools_than_a_model_can_choose_from_are_left_out() -> None:
    many = [tool(name=f"tool{number}") for number in range(MAX_TOOLS + 50)]

    assert len(read_list("box", many)) == MAX_TOOLS


def test_long_names_stay_apart() -> None:
    one, other = known_as("box", "x" * 100 + "1"), known_as("box", "x" * 100 + "2")

    assert one != other
    assert len(one) == len(other) == 64


@pytest.mark.parametrize("field", ["description", "inputSchema", "name"])
def test_the_digest_tells_every_change(field: str) -> None:
    [before] = read_list("box", [tool()])
    changed = {"description": "Else.", "inputSchema": {"type": "object"}, "name": "x"}
    [after] = read_list("box", [tool(**{field: changed[field]})])

    assert before.digest != after.digest
