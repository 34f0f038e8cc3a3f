"""What is asked for suggestions, and what is made of the answer."""

import json
from typing import Any

import pytest

from conversations.models import ModelCard
from conversations.prompts.suggestions import (
    SCHEMA,
    read_suggestions,
    suggestion_params,
)

STRUCTURED = ModelCard(
    model_id="m", capabilities={"structured_outputs": {"supported": True}}
)


def test_a_model_with_schemas_is_asked_by_one() -> None:
    params = suggestion_params(STRUCTURED, "q" * 9_000, "a" * 9_000 + "z")

    [message] = params["messages"]
    assert message["content"].count("q") == 2_000
    assert message["content"].endswith("z\n\nSuggestions:")
    assert params["output_config"]["format"]["schema"] == SCHEMA


def test_another_is_asked_for_lines() -> None:
    params = suggestion_params(ModelCard(model_id="m"), "Why?", "Because.")

    assert "output_config" not in params
    assert params["system"].endswith("Write one a line, and nothing else.")


@pytest.mark.parametrize(
    ("text", "suggestions"),
    [
        (
            json.dumps({"suggestions": ["A?", " B\n b ", "A?", "", "C", "D"]}),
            ["A?", "B b", "C"],
        ),
        (json.dumps({"suggestions": ["x" * 121, 7, None, "ok"]}), ["ok"]),
        (json.dumps({"suggestions": "A?"}), []),
        (json.dumps({"other": 1}), []),
        ('{"suggestions": ["A', []),
        ("- One\n2. Two\n\n“Three”\nFour", ["One", "Two", "Three"]),
        ("", []),
    ],
)
def test_what_fits_more_or_less_is_used(text: str, suggestions: list[str]) -> None:
    content: list[dict[str, Any]] = [{"type": "text", "text": text}]

    assert read_suggestions(content) == suggestions
