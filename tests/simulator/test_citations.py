"""What is cited really stands where the citation says."""

import io
from typing import Any

import pypdfium2  # type: ignore[import-untyped, unused-ignore]

from tests.simulator.building import (
    Json,
    answer,
    document_block,
    make_params,
    make_pdf,
    pdf_block,
    text,
    text_document,
    text_of,
)

CITED = {"citations": {"enabled": True}}
PAGES = [
    "Contents\nThis handbook describes the lighthouse and its keepers.",
    "The lamp burns rape oil. It must be trimmed every four hours.",
    "Keepers receive nine shillings a week.\nThe fog bell weighs three tons.",
]


def citations(message: Json) -> list[Json]:
    return [c for block in message["content"] for c in block.get("citations", [])]


async def ask(question: str, *blocks: Json, **fields: Any) -> Json:
    return await answer(make_params([*blocks, text(question)], **fields))


async def test_pdf_is_cited_by_page_in_a_block_of_its_own() -> None:
    block = pdf_block(PAGES, title="Handbook", **CITED)

    message = await ask("How heavy is the fog bell?", block)

    blocks = message["content"][1:]
    assert blocks[1] == {
        "type": "text",
        "text": "" + "The fog bell weighs three tons.",
        "citations": [
            {
                "type": "page_location",
                "cited_text": "The fog bell weighs three tons.",
                "document_index": 0,
                "document_title": "Handbook",
                "start_page_number": 3,
                "end_page_number": 4,
            }
        ],
    }
    assert ["citations" in block for block in blocks] == [False, True, False]


async def test_every_quote_stands_on_its_page() -> None:
    content = make_pdf(PAGES)

    message = await ask("lamp, bell and handbook", document_block(content, **CITED))

    pdf = pypdfium2.PdfDocument(io.BytesIO(content))
    pages = [page.get_textpage().get_text_bounded() for page in pdf]
    found = citations(message)
    assert sorted(c["start_page_number"] for c in found) == [1, 2, 3]
    for citation in found:
        page = pages[citation["start_page_number"] - 1].replace("\r\n", "\n")
        assert citation["cited_text"] in page
        assert citation["end_page_number"] == citation["start_page_number"] + 1
    pdf.close()


async def test_named_page_is_preferred() -> None:
    message = await ask("What does page 2 say?", pdf_block(PAGES, **CITED))

    assert {c["start_page_number"] for c in citations(message)} == {2}


async def test_text_is_cited_by_exact_offsets() -> None:
    source = "Häuser: The mill grinds corn.  \n\nThe miller keeps bees 🐝 in the garden. End."

    message = await ask("Who keeps bees?", text_document(source, **CITED))

    (citation,) = citations(message)
    start, end = citation["start_char_index"], citation["end_char_index"]
    assert citation["type"] == "char_location"
    assert citation["cited_text"] == source[start:end]
    assert source[start:end] == "The miller keeps bees 🐝 in the garden."


async def test_blocks_of_own_content_are_cited() -> None:
    content = [text("The north gate is shut."), text("The south gate is open at noon.")]
    block = {
        "type": "document",
        "source": {"type": "content", "content": content},
        **CITED,
    }

    message = await ask("When is the south gate open?", block)

    assert citations(message)[-1] == {
        "type": "content_block_location",
        "cited_text": "The south gate is open at noon.",
        "document_index": 0,
        "document_title": None,
        "start_block_index": 1,
        "end_block_index": 2,
    }


async def test_search_results_are_counted_for_themselves() -> None:
    result = {
        "type": "search_result",
        "source": "https://example.com/bees",
        "title": "Bees",
        "content": [text("A hive holds fifty thousand bees.")],
        **CITED,
    }

    message = await ask(
        "How many bees are in a hive?",
        text_document("Nothing of that.", **CITED),
        result,
    )

    assert citations(message) == [
        {
            "type": "search_result_location",
            "cited_text": "A hive holds fifty thousand bees.",
            "search_result_index": 0,
            "source": "https://example.com/bees",
            "title": "Bees",
            "start_block_index": 0,
            "end_block_index": 1,
        }
    ]


async def test_document_index_counts_over_all_messages() -> None:
    first = [
        text_document("The cellar is full of apples this year.", **CITED),
        text("?"),
    ]
    second = [pdf_block(PAGES, **CITED), text("How heavy is the fog bell?")]

    message = await answer(make_params(first, "Apples.", second))

    assert [c["document_index"] for c in citations(message)] == [1]


async def test_later_questions_still_reach_the_document() -> None:
    opening = [pdf_block(PAGES, **CITED), text("What is this?")]

    message = await answer(
        make_params(opening, "A handbook.", "And the wages, in shillings?")
    )

    assert [c["start_page_number"] for c in citations(message)] == [3]
    assert "Before this you asked: “What is this?”" in text_of(message)


async def test_without_citations_the_answer_quotes_in_prose() -> None:
    message = await ask(
        "How heavy is the fog bell?", pdf_block(PAGES, title="Handbook")
    )

    assert citations(message) == []
    assert "“The fog bell weighs three tons.” (page 3)" in text_of(message)
    assert text_of(message).startswith("I have read **Handbook** (3 pages).")


async def test_pdf_without_text_is_called_that() -> None:
    message = await ask("What is it?", pdf_block(["", ""], **CITED))

    assert citations(message) == []
    assert text_of(message).startswith(
        "I have read **document 1** (2 pages). There is no text in it that I can quote."
    )


async def test_cited_answer_may_be_sent_back() -> None:
    block = pdf_block(PAGES, **CITED)
    params = make_params([block, text("How heavy is the fog bell?")])
    message = await answer(params)
    params["messages"] += [
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": "And the lamp?"},
    ]

    assert [c["start_page_number"] for c in citations(await answer(params))] == [2]
