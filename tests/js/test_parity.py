"""The server and the browser must show every golden text alike."""

import pytest
from django.utils.html import format_html

from conversations.rendering.markdown import render_markdown
from tests.golden import golden_sources
from tests.js.conftest import JsPage

SOURCES = golden_sources()
# Cases that may differ, by name, with the reason.
EXCEPTIONS = {
    "no-break-space-at-the-edge": "markdown-it trims it from a paragraph's ends as "
    "white space; markdown-it-py keeps it, as CommonMark says",
}


def chip(number: int) -> str:
    return format_html('<a class="citation" href="#source-{}">{}</a>', number, number)


@pytest.mark.parametrize("name", SOURCES)
def test_both_renderers_agree(js_shared_page: JsPage, name: str) -> None:
    html = render_markdown(SOURCES[name], chip)
    js_shared_page.site.pages["/rendered/"] = f"<!doctype html><body>{html}"

    server = js_shared_page.call("/tests-js/dom.js", "serverForm", "/rendered/")
    browser = js_shared_page.call("/tests-js/dom.js", "browserForm", SOURCES[name])

    if name in EXCEPTIONS:
        assert browser != server, f"no exception any more: {EXCEPTIONS[name]}"
    else:
        assert browser == server
    assert js_shared_page.complaints() == []
