"""What is asked for a title and tags, and what is made of the answer."""

import json
from typing import Any

import pytest

from conversations.claude.capabilities import EFFORTS, capabilities_of
from conversations.models import ModelCard
from conversations.prompts.titles import (
    SCHEMA,
    Naming,
    first_words,
    read_naming,
    title_params,
)

STRUCTURED = {"structured_outputs": {"supported": True}}
HAIKU = ModelCard(
    model_id="claude-haiku-5-5",
    thinking_default="on",
    capabilities={
        **capabilities_of(thinking=["adaptive", "disabled"], efforts=EFFORTS),
        **STRUCTURED,
    },
)


def naming_of(text: str) -> Naming:
    return read_naming([{"type": "text", "text": text}])


def test_a_model_with_schemas_gives_both_without_thinking() -> None:
    params = title_params(HAIKU, "Why?", "Because.")

    assert params["thinking"] == {"type": "disabled"}
    assert params["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": SCHEMA},
    }
    assert params["max_tokens"] == 300
    assert params["messages"] == [
        {"role": "user", "content": "Question:\nWhy?\n\nAnswer:\nBecause.\n\nTitle:"}
    ]


def test_a_model_that_always_thinks_has_room_for_it() -> None:
    card = ModelCard(
        model_id="m",
        thinking_default="always",
        capabilities=capabilities_of(thinking=["adaptive"], efforts=["low"]),
    )

    params = title_params(card, "Why?", "Because.")

    assert "thinking" not in params
    assert params["max_tokens"] == 2_300


def test_an_unknown_model_is_asked_for_nothing_special() -> None:
    params = title_params(ModelCard(model_id="m"), "Why?", "Because.")

    assert params.keys() == {"model", "max_tokens", "system", "messages"}
    assert "tags" not in params["system"]


def test_only_the_beginnings_are_sent() -> None:
    [message] = title_params(HAIKU, "q" * 9_000, "a" * 9_000)["messages"]

    assert message["content"].count("q") == 2_000


@pytest.mark.parametrize(
    ("found", "naming"),
    [
        (
            {"title": " A\ntitle. ", "tags": ["tea", "#Milk"]},
            ("A title", ["tea", "Milk"]),
        ),
        ({"title": "A", "tags": list("abcdef")}, ("A", ["a", "b", "c"])),
        ({"title": "A", "tags": ["x" * 31, 7, None, "", "ok"]}, ("A", ["ok"])),
        ({"title": "A", "tags": "tea"}, ("A", [])),
        ({"title": "A", "tags": {"a": 1}}, ("A", [])),
        ({"title": "A"}, ("A", [])),
    ],
)
def test_what_fits_the_schema_more_or_less_is_used(
    found: Any, naming: tuple[str, list[str]]
) -> None:
    assert naming_of(json.dumps(found)) == Naming(*naming)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("“Plain words”", "“Plain words”"),
        ('"Quoted."', "Quoted"),
        ('{"title": "Cut o', ""),
        ("", ""),
        ("x" * 99, "x" * 60),
        ("[1]", "[1]"),
    ],
)
def test_what_is_no_object_is_a_title_or_nothing(text: str, title: str) -> None:
    assert naming_of(text) == Naming(title, [])


def test_first_words_are_cut_at_a_word() -> None:
    assert first_words("a " * 60) == "a " * 29 + "a…"
