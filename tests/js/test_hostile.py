"""No hostile text runs, loads or smuggles anything, from either renderer."""

import pytest

from conversations.rendering.markdown import render_markdown
from tests.golden import golden_sources, hostile_sources
from tests.js.conftest import JsPage
from tests.js.test_parity import chip

HOSTILE = hostile_sources()


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_dangerous_is_rendered(js_shared_page: JsPage, name: str) -> None:
    html = render_markdown(HOSTILE[name], chip)
    js_shared_page.site.pages["/rendered/"] = f"<!doctype html><body>{html}"

    found = js_shared_page.call(
        "/tests-js/dom.js", "showBoth", HOSTILE[name], "/rendered/"
    )

    assert found == []
    assert js_shared_page.complaints() == []


@pytest.mark.parametrize("name", HOSTILE)
def test_both_renderers_agree_on_it(js_shared_page: JsPage, name: str) -> None:
    html = render_markdown(HOSTILE[name], chip)
    js_shared_page.site.pages["/rendered/"] = f"<!doctype html><body>{html}"

    server = js_shared_page.call("/tests-js/dom.js", "serverForm", "/rendered/")
    browser = js_shared_page.call("/tests-js/dom.js", "browserForm", HOSTILE[name])

    assert browser == server


def test_the_finder_of_dangerous_nodes_finds_them(js_shared_page: JsPage) -> None:
    js_shared_page.site.pages["/rendered/"] = (
        "<!doctype html><body><p onclick='x()' style='color:red'>a</p>"
        "<a href='javascript:x()'>b</a><img alt='c'><a href='//evil.example'>d</a>"
    )

    found = js_shared_page.call("/tests-js/dom.js", "showBoth", "", "/rendered/")

    assert found == [
        "p onclick=x()",
        "p style=color:red",
        "javascript:x()",
        "<img>",
        "address http://evil.example/",
    ]


def test_enhancing_hostile_texts_runs_and_loads_nothing(
    js_shared_page: JsPage,
) -> None:
    sources = [*HOSTILE.values(), golden_sources()["math-inline"]]

    found = js_shared_page.call("/tests-js/dom.js", "enhanceAll", sources)

    assert found == []
    assert js_shared_page.complaints() == []
