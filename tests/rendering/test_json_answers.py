"""JSON laid out as code, and compared with its schema."""

import json
import time

import pytest

from conversations.rendering.blocks import render_content
from conversations.rendering.json_answers import in_code, laid_out, mismatch
from tests.golden import FOLDER

EXAMPLES = json.loads((FOLDER / "json-answers.json").read_text())
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "rows": {"type": "array", "items": {"type": "integer"}},
    },
    "required": ["name", "rows"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_layout(example: dict[str, str]) -> None:
    assert laid_out(example["text"]) == example["laid_out"]


@pytest.mark.parametrize(
    "value",
    [{}, [], {"a": []}, {"a": [1, {"b": None}], "c": '}{][\\"\n,:'}, [[[]], [{}]]],
)
def test_layout_is_that_of_the_standard_library(value: object) -> None:
    assert laid_out(json.dumps(value)) == json.dumps(value, indent=2)
    assert laid_out(json.dumps(value, indent=4)) == json.dumps(value, indent=2)


def test_layout_takes_no_longer_for_hostile_nesting() -> None:
    start = time.perf_counter()

    text = laid_out("[" * 100_000)

    assert time.perf_counter() - start < 2
    assert len(text) < 100 * 100_000


def test_other_text_stays_markdown() -> None:
    assert in_code("I *cannot* say.") == "I *cannot* say."


def test_what_looks_like_the_end_of_code_does_not_end_it() -> None:
    text = '{"a": "```\\n~~~~~~~~", "b": "<b>"}'

    html = render_content(
        [{"type": "text", "text": text}], [], message_id="m", is_json=True
    )

    assert html.count("<pre>") == 1
    assert html.endswith("\n}</code></pre></div></div></div>")
    assert "<b>" not in html
    assert 'class="language-json"' in html


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"name": "x", "rows": [1]}', ""),
        ("", ""),
        ('{"name": "x", "rows": [', "it is no JSON from character 24 on."),
        ("I cannot.", "it is no JSON from character 1 on."),
        ('{"name": "x"}', "'rows' is a required property."),
        ('{"name": "x", "rows": ["1"]}', "rows[0]: '1' is not of type 'integer'."),
        ("[" * 100_000, "it is nested too deeply."),
    ],
)
def test_mismatch_is_told_with_its_place(text: str, words: str) -> None:
    assert mismatch(SCHEMA, text) == words


def test_a_long_value_is_not_quoted_whole() -> None:
    text = json.dumps({"name": ["x" * 5_000], "rows": []})

    assert len(mismatch(SCHEMA, text)) < 400


def test_a_pattern_that_takes_for_ever_is_not_tried() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}},
        "additionalProperties": False,
    }

    assert mismatch(schema, json.dumps({"a": "a" * 60 + "!"})) == ""


def test_the_answer_says_where_it_does_not_fit() -> None:
    html = render_content(
        [{"type": "text", "text": "{}"}],
        [],
        message_id="m",
        is_json=True,
        mismatch="<a> is missing.",
    )

    assert html.endswith(
        '<p class="mismatch">Not valid against the schema: &lt;a&gt; is missing.</p>'
    )
