"""Rules that Python and JavaScript both hold, tried on the same examples."""

import json

from tests.golden import FOLDER, url_verdicts
from tests.js.conftest import JsPage

MODULE = "/static/js/markdown.js"


def test_the_url_rule(js_shared_page: JsPage) -> None:
    verdicts = url_verdicts()

    results = {
        url: js_shared_page.call(MODULE, "safeHref", url) is not None
        for url in verdicts
    }

    assert results == verdicts


def test_the_places_of_markers(js_shared_page: JsPage) -> None:
    runs = json.loads((FOLDER / "runs.json").read_text())

    joined = [js_shared_page.call(MODULE, "joinRun", run["parts"]) for run in runs]

    assert joined == [run["joined"] for run in runs]


def test_the_numbers_of_sources(js_shared_page: JsPage) -> None:
    examples = json.loads((FOLDER / "sources.json").read_text())

    found = [
        js_shared_page.call(
            "/tests-js/numbered.js",
            "numbered",
            example["documents"],
            example["citations"],
        )
        for example in examples
    ]

    assert found == [[e["numbers"], e["sources"]] for e in examples]


def test_the_layout_of_json(js_shared_page: JsPage) -> None:
    examples = json.loads((FOLDER / "json-answers.json").read_text())

    laid_out = [
        js_shared_page.call("/static/js/json-text.js", "laidOut", example["text"])
        for example in examples
    ]

    assert laid_out == [example["laid_out"] for example in examples]
