"""Message bodies: one template per block type, everything escaped."""

import json
from dataclasses import dataclass
from typing import Any

from conversations.rendering.blocks import MAX_JSON_LENGTH, render_content
from conversations.rendering.citations import Document, number_citations

HOSTILE = '</pre><script>alert("1")</script>'


@dataclass(frozen=True)
class Picture:
    id: str = "0190"
    name: str = HOSTILE
    kind: str = "image"
    href: str = "/attachments/0190/"
    thumbnail_href: str | None = "/attachments/0190/thumbnail/"
    width: int | None = 800
    height: int | None = 600
    pages: int | None = None
    size_bytes: int = 1000


def render(*content: dict[str, Any], documents: tuple[Document, ...] = ()) -> str:
    sources = number_citations(content, documents)
    return render_content(list(content), sources, message_id="m1")


def page(number: int, quote: str = "quoted") -> dict[str, Any]:
    return {
        "type": "page_location",
        "document_index": 0,
        "document_title": "Ignored",
        "start_page_number": number,
        "end_page_number": number + 1,
        "cited_text": quote,
    }


def test_adjacent_text_blocks_are_one_text() -> None:
    html = render(
        {"type": "text", "text": "**half"}, {"type": "text", "text": " and half**"}
    )

    assert html == (
        '<div class="prose" data-run><p dir="auto">'
        "<strong>half and half</strong></p></div>"
    )


def test_a_cited_block_ends_with_its_chips() -> None:
    html = render(
        {"type": "text", "text": "**Green.**", "citations": [page(17), page(17)]},
        {"type": "text", "text": " More."},
        documents=(Document("a1", "Grass", "pdf"),),
    )

    assert html == (
        '<div class="prose" data-run><p dir="auto"><strong>Green.</strong>'
        '<a class="citation" href="/attachments/a1/#page=17" target="_blank" '
        'rel="noopener" data-source="1" aria-label="Source 1: Grass, page 17">1</a>'
        " More.</p></div>"
        '<ol class="sources" aria-label="Sources">\n  '
        '<li class="source" id="source-m1-1" data-source="1">'
        '<a class="source__title" href="/attachments/a1/#page=17" target="_blank" '
        'rel="noopener">Grass</a> <span class="source__where">page 17</span> '
        '<q class="source__quote">quoted</q></li>\n  \n</ol>'
    )


def test_a_chip_without_an_address_leads_to_the_list_below() -> None:
    citation = {
        "type": "web_search_result_location",
        "url": "javascript:alert(1)",
        "title": HOSTILE,
        "cited_text": HOSTILE,
    }

    html = render({"type": "text", "text": "x", "citations": [citation]})

    assert 'href="#source-m1-1" data-source="1"' in html
    assert "javascript:" not in html
    assert "<script" not in html


def test_a_marker_in_claudes_text_is_no_chip() -> None:
    html = render(
        {"type": "text", "text": "a\ue0001\ue001b"},
        {"type": "text", "text": "c", "citations": [page(1)]},
    )

    assert html.count('class="citation"') == 1
    assert "a1bc" in html


def test_thinking_is_plain_text() -> None:
    html = render({"type": "thinking", "thinking": f"*{HOSTILE}*", "signature": "s"})

    assert html == (
        '<details class="thinking"><summary><span class="thinking__label">Thought'
        '</span></summary><div class="thinking__text">*&lt;/pre&gt;&lt;script&gt;'
        "alert(&quot;1&quot;)&lt;/script&gt;*</div></details>"
    )


def test_unshown_and_redacted_thinking_say_so() -> None:
    html = render(
        {"type": "thinking", "thinking": "", "signature": "s"},
        {"type": "redacted_thinking", "data": "opaque"},
    )

    assert "What Claude thought is not shown." in html
    assert "cannot be shown" in html
    assert "opaque" not in html


def test_an_unknown_block_is_shown_as_its_json() -> None:
    block = {"type": HOSTILE, "name": "{0.__class__}", "value": [HOSTILE, "ü"]}

    html = render(block)

    assert "<script" not in html
    assert 'data-state="done"' in html
    escaped = json.dumps(block, indent=2, ensure_ascii=False)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        escaped = escaped.replace(character, entity)
    assert escaped.replace('"', "&quot;") in html


def test_a_tool_card_names_the_tool_and_its_failure() -> None:
    html = render(
        {"type": "tool_use", "id": "t", "name": "calculator", "input": {}},
        {"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": "no"},
        {
            "type": "web_search_tool_result",
            "tool_use_id": "s",
            "content": {
                "type": "web_search_tool_result_error",
                "error_code": "unavailable",
            },
        },
    )

    assert 'tool-card__label">calculator<' in html
    assert 'tool-card__label">Searched the web<' in html
    assert '<pre class="tool-card__result" tabindex="0">\nno</pre>' in html
    assert html.count('data-state="failed"') == 2


def test_a_long_block_is_shortened() -> None:
    html = render({"type": "tool_result", "content": "x" * 100_000})

    assert len(html) < MAX_JSON_LENGTH + 1_000
    assert "more characters" in html


def test_an_attachment_is_a_chip_and_an_unknown_one_a_card() -> None:
    known = {"type": "image", "source": {"type": "attachment", "id": "0190"}}
    unknown = {"type": "document", "source": {"type": "attachment", "id": "0191"}}

    html = render_content(
        [known, unknown], [], message_id="m1", attachments={"0190": Picture()}
    )

    assert 'href="/attachments/0190/"' in html
    assert 'class="tool-card" data-type="document"' in html
    assert "<script" not in html


def test_text_that_cannot_be_encoded_is_replaced() -> None:
    html = render(
        {"type": "text", "text": "a\ud800b"}, {"type": "odd", "value": "c\udfffd"}
    )

    assert "a\ufffdb" in html
    assert "c\ufffdd" in html
    assert html.encode()


def test_blank_text_leaves_nothing() -> None:
    assert render({"type": "text", "text": " \n"}) == ""


def test_block_type_with_braces_is_no_format_string() -> None:
    html = render({"type": "{name} {0}"}, {"type": "tool_use", "name": "{0}"})

    assert "{name} {0}" in html
    assert ">{0}<" in html
