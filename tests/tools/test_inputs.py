"""Inputs are held against the schema before a tool sees them."""

from typing import Any

import pytest

from conversations.tools.inputs import problem_with

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(depth):
        inner = {"city": inner}
    return inner


def test_fitting_input_has_no_problem() -> None:
    assert problem_with({"city": "Graz", "days": 3}, SCHEMA) is None


@pytest.mark.parametrize(
    ("tool_input", "problem"),
    [
        ({}, "'city' is a required property"),
        ({"city": "Graz", "days": "three"}, "days: 'three' is not of type 'integer'"),
        ({"city": "x" * 100_001}, "it has more than 100,000 characters."),
        (nested(50_000), "it is nested more than 30 deep."),
    ],
)
def test_problem_is_said(tool_input: dict[str, Any], problem: str) -> None:
    assert problem_with(tool_input, SCHEMA) == problem


def test_broken_schema_is_a_problem_and_no_crash() -> None:
    broken = {"type": "object", "properties": {"city": {"pattern": "("}}}

    assert "schema" in (problem_with({"city": "Graz"}, broken) or "")


def test_schema_that_points_elsewhere_is_never_fetched() -> None:
    elsewhere = {"$ref": "https://schemas.example.com/city.json"}

    assert "schema" in (problem_with({"city": "Graz"}, elsewhere) or "")
