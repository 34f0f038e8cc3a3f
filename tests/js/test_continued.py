"""Answers in several parts: the browser joins them as the server does."""

import json
from typing import Any

from tests.golden import FOLDER
from tests.js.conftest import JsPage

MODULE = "/static/js/continued.js"
EXAMPLES = json.loads((FOLDER / "continued.json").read_text())


def test_what_stands_at_the_seam(js_shared_page: JsPage) -> None:
    seams = {
        example["what"]: js_shared_page.call(
            MODULE, "seam", example["before"], example["after"]
        )
        for example in EXAMPLES["seams"]
    }

    assert seams == {example["what"]: example["seam"] for example in EXAMPLES["seams"]}


def test_parts_are_joined(js_shared_page: JsPage) -> None:
    joined = {
        example["what"]: [
            piece["entry"]["block"]
            for piece in js_shared_page.call(MODULE, "joinParts", pieces(example))
        ]
        for example in EXAMPLES["parts"]
    }

    assert joined == {
        example["what"]: example["joined"] for example in EXAMPLES["parts"]
    }


def pieces(example: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the parts as the browser has them: each block with its message."""
    return [
        [
            {"message": f"m{number}", "entry": {"index": index, "block": block}}
            for index, block in enumerate(blocks)
        ]
        for number, blocks in enumerate(example["parts"])
    ]
