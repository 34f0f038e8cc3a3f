"""Answers in several parts; tests/js/test_shared_rules.py tries the same examples."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from conversations.rendering.blocks import render_content
from conversations.rendering.continued import join_parts, seam
from tests.golden import FOLDER, golden_sources

EXAMPLES = json.loads((FOLDER / "continued.json").read_text())
WHOLE = ("fences", "headings", "lists-with-blocks", "nested-lists", "tables")
CUT_EVERY = 3  # spaces: every kind of place, in reasonable time


@pytest.mark.parametrize("example", EXAMPLES["seams"], ids=lambda e: str(e["what"]))
def test_what_stands_at_the_seam(example: dict[str, str]) -> None:
    assert seam(example["before"], example["after"]) == example["seam"]


@pytest.mark.parametrize("example", EXAMPLES["parts"], ids=lambda e: str(e["what"]))
def test_parts_are_joined(example: dict[str, Any]) -> None:
    assert join_parts(example["parts"]) == example["joined"]


@pytest.mark.parametrize("name", [*WHOLE, "typical-answer"])
def test_text_that_goes_on_at_a_space_reads_as_if_never_cut(name: str) -> None:
    whole = golden_sources()[name]
    uncut = rendered([whole])
    spaces = [place for place in range(1, len(whole)) if whole[place].isspace()]

    parts = [(whole[:place], whole[place:]) for place in spaces[::CUT_EVERY]]

    assert len(parts) > 3
    assert [part for part in parts if rendered(part) != uncut] == []


def rendered(parts: Iterable[str]) -> str:
    blocks = join_parts([{"type": "text", "text": part}] for part in parts)
    return render_content(blocks, [], message_id=1)
