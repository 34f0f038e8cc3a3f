"""Every prefix of a streamed answer is safe and shows what the text so far means."""

import pytest

from tests.golden import golden_sources, hostile_sources
from tests.js.conftest import JsPage

GOLDEN = {name: text for name, text in golden_sources().items() if len(text) < 1500}
HOSTILE = hostile_sources()
# A definition below its use takes effect when the answer is finished (rule 3 of the
# incremental renderer): until then the text as typed is shown.
LATE_DEFINITIONS = {
    "images",
    "link-references",
    "reference-definitions-odd",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_every_prefix_shows_the_text_so_far(js_shared_page: JsPage, name: str) -> None:
    compare = name not in LATE_DEFINITIONS

    problems = js_shared_page.call(
        "/tests-js/dom.js", "streamProblems", GOLDEN[name], 1, compare
    )

    assert problems == []
    assert js_shared_page.complaints() == []


@pytest.mark.parametrize("name", HOSTILE)
def test_no_prefix_of_a_hostile_text_is_dangerous(
    js_shared_page: JsPage, name: str
) -> None:
    source = HOSTILE[name]
    step = 1 if len(source) < 1000 else 40

    problems = js_shared_page.call(
        "/tests-js/dom.js", "streamProblems", source, step, False
    )

    assert problems == []
    assert js_shared_page.complaints() == []
