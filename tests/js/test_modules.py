"""Runs every test of every *.test.js module of this folder in Chromium.

A new module needs nothing but its name. See check.js for how a test is written.
"""

import re

import pytest

from tests.js.conftest import JsPage
from tests.js.site import TESTS

MODULES = sorted(TESTS.glob("*.test.js"))
NAMES = {
    path.name: re.findall(r'^test\("((?:[^"\\]|\\.)*)"', path.read_text(), re.MULTILINE)
    for path in MODULES
}
CASES = [(module, name) for module, names in NAMES.items() for name in names]


@pytest.mark.parametrize(
    ("module", "name"), CASES, ids=[f"{module}: {name}" for module, name in CASES]
)
def test_in_chromium(js_page: JsPage, module: str, name: str) -> None:
    failure = js_page.call("/tests-js/check.js", "runTest", f"/tests-js/{module}", name)

    assert failure == ""
    assert js_page.complaints() == []


@pytest.mark.parametrize("module", NAMES)
def test_every_registered_test_is_found(js_page: JsPage, module: str) -> None:
    registered = js_page.call("/tests-js/check.js", "namesOf", f"/tests-js/{module}")

    assert registered == NAMES[module]
