"""Sources: one number per place, a name for people, a safe way there."""

import json
from typing import Any

import pytest

from conversations.rendering.citations import (
    Document,
    cited_numbers,
    number_citations,
)
from tests.golden import FOLDER

EXAMPLES = json.loads((FOLDER / "sources.json").read_text())
PDF = Document("a1", "Report", "pdf")
NOTES = Document("a2", "notes.txt", "text")


def cited(*citations: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": "x", "citations": list(citations)}


def chars(start: int, end: int, index: int = 1) -> dict[str, Any]:
    return {
        "type": "char_location",
        "document_index": index,
        "start_char_index": start,
        "end_char_index": end,
        "cited_text": f"{start}",
    }


def test_a_place_keeps_its_number_whatever_is_quoted() -> None:
    again = chars(0, 5) | {"cited_text": "other words", "file_id": "f"}
    content: list[dict[str, Any]] = [cited(chars(0, 5)), cited(chars(7, 9), again)]

    sources = number_citations(content, [PDF, NOTES])

    assert [(s.number, s.where, s.quote) for s in sources] == [
        (1, "characters 0-5", "0"),
        (2, "characters 7-9", "7"),
    ]
    assert [cited_numbers(block, sources) for block in content] == [[1], [2, 1]]


@pytest.mark.parametrize(
    ("citation", "expected"),
    [
        (
            {"document_index": 0, "start_page_number": 17, "end_page_number": 18},
            ("Report", "page 17", "/attachments/a1/#page=17"),
        ),
        (
            {"document_index": 0, "start_page_number": 3, "end_page_number": 5},
            ("Report", "pages 3-4", "/attachments/a1/#page=3"),
        ),
        (
            {"document_index": 1, "start_char_index": 10, "end_char_index": 50},
            ("notes.txt", "characters 10-50", "/attachments/a2/"),
        ),
        (
            {"document_index": 1, "start_block_index": 1, "end_block_index": 2},
            ("notes.txt", "block 2", "/attachments/a2/"),
        ),
        (
            {"document_index": 1, "start_block_index": 1, "end_block_index": 4},
            ("notes.txt", "blocks 2-4", "/attachments/a2/"),
        ),
        (
            {"document_index": 9, "document_title": "Gone", "start_page_number": 1}
            | {"end_page_number": 2},
            ("Gone", "page 1", None),
        ),
        (
            {"url": "https://example.org/a", "title": "A page"},
            ("A page", "example.org", "https://example.org/a"),
        ),
        (
            {"url": "https://example.org/a", "title": None},
            ("example.org", "example.org", "https://example.org/a"),
        ),
        ({"url": "javascript:alert(1)", "title": "x"}, ("x", "", None)),
        ({"url": "https://[broken", "title": "x"}, ("x", "", "https://[broken")),
        (
            {"source": "https://example.org/b", "title": "B", "search_result_index": 0}
            | {"start_block_index": 0, "end_block_index": 1},
            ("B", "example.org", "https://example.org/b"),
        ),
        ({}, ("", "", None)),
    ],
)
def test_a_source_names_its_place(
    citation: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    (source,) = number_citations([cited(citation)], [PDF, NOTES])

    assert (source.title, source.where, source.href) == expected


def test_the_setting_of_a_request_is_no_citation() -> None:
    content: list[dict[str, Any]] = [
        {"type": "document", "citations": {"enabled": True}},
        {"type": "text", "text": "x", "citations": None},
        {"type": "text", "text": "x"},
    ]

    assert number_citations(content, []) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: str(e["what"]))
def test_sources_as_the_browser_has_them(example: dict[str, Any]) -> None:
    documents = [
        Document(item["attachment"], item["title"], item["kind"])
        for item in example["documents"]
    ]
    content = [cited(citation) for citation in example["citations"]]

    sources = number_citations(content, documents)

    numbers = [number for block in content for number in cited_numbers(block, sources)]
    assert numbers == example["numbers"]
    assert [
        {name: getattr(source, name) for name in example["sources"][0]}
        for source in sources
    ] == example["sources"]
