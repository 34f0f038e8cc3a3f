"""Cards of server tools; tests/js/test_server_tools.py tries the same examples."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from conversations.rendering.blocks import render_content
from conversations.rendering.pairing import pair_results
from conversations.rendering.server_tool_errors import SENTENCES
from conversations.rendering.server_tools import describe, is_server_block
from tests.golden import FOLDER

EXAMPLES = json.loads((FOLDER / "server-tools.json").read_text())
HOSTILE = '"></pre><script>alert(1)</script>'


def call(name: str = "web_search", **given: Any) -> dict[str, Any]:
    return {"type": "server_tool_use", "id": "s1", "name": name, "input": given}


def result(content: Any, name: str = "web_search") -> dict[str, Any]:
    return {"type": f"{name}_tool_result", "tool_use_id": "s1", "content": content}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: str(e["what"]))
def test_what_a_card_tells(example: dict[str, Any]) -> None:
    card = describe(example["block"], example["result"], is_running=example["running"])

    assert json.loads(json.dumps(asdict(card))) == example["card"]
    assert is_server_block(example["block"])


def test_every_error_has_its_example() -> None:
    told = {example["card"]["summary"] for example in EXAMPLES}

    assert {word for codes in SENTENCES.values() for word in codes.values()} <= told


def test_a_result_stands_with_its_call_and_parts_no_text() -> None:
    html = render_content(
        [call(query="bees"), text("**one"), result([]), text(" text**")],
        [],
        message_id=1,
    )

    assert html.count("<details") == 1
    assert "<strong>one text</strong>" in html
    assert '<span class="tool-card__summary">0 results</span>' in html


def test_only_the_first_result_belongs_to_a_call() -> None:
    first, second = result([]), result(["again"])

    paired = pair_results([call(), first, second])

    assert paired == [(call(), first), (second, None)]


def test_a_result_before_its_call_stands_for_itself() -> None:
    assert pair_results([result([]), call()]) == [(result([]), None), (call(), None)]


def test_nothing_of_a_hostile_result_is_markup() -> None:
    page = {"type": "web_search_result", "url": "javascript:alert(1)", "title": HOSTILE}
    html = render_content(
        [
            {**call(HOSTILE, code=HOSTILE), "id": HOSTILE},
            call(query=HOSTILE),
            result([page, {**page, "url": f"https://a.example/{HOSTILE}"}]),
        ],
        [],
        message_id=1,
    )

    assert "<script" not in html
    assert "javascript:" not in html
    assert 'href="https://a.example/&quot;&gt;&lt;/pre&gt;' in html


def test_a_page_is_opened_without_telling_where_from() -> None:
    page = {"type": "web_search_result", "url": "https://a.example/", "title": "A"}

    html = render_content([call(), result([page])], [], message_id=1)

    assert (
        '<li><a href="https://a.example/" target="_blank" '
        'rel="noopener noreferrer nofollow">A</a>'
        ' <span class="tool-card__where">a.example</span></li>'
    ) in html
