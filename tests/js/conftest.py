"""A Chromium page for tests of JavaScript: `js_page`. See test_modules.py."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.js.site import Site, running_site

# What a page did that it should not do; read by JsPage.complaints().
WATCH = """
window.complaints = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.complaints.push(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
for (const name of ["alert", "confirm", "prompt", "open"]) {
  window[name] = () => window.complaints.push(`executed: ${name}`);
}
"""


@dataclass
class JsPage:
    """An open page, the site behind it and everything that went wrong on it."""

    page: Page
    site: Site
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def call(self, module: str, name: str, *arguments: Any) -> Any:
        """Return what an exported function of a module returns; promises are awaited."""
        return self.page.evaluate(
            "async ([module, name, values]) => (await import(module))[name](...values)",
            [module, name, list(arguments)],
        )

    def forget(self) -> None:
        """Start the next test without what the last one did."""
        self.errors.clear()
        self.foreign.clear()
        self.site.requests.clear()

    def note_request(self, url: str) -> None:
        """Remember a request that leaves the test's own site."""
        if not url.startswith((self.site.origin, "blob:")):
            self.foreign.append(f"request: {url}")

    def complaints(self) -> list[str]:
        """Return errors, policy violations, script runs and foreign requests."""
        seen: list[str] = self.page.evaluate("window.complaints")
        return [*self.errors, *seen, *self.foreign, *self.site.unexpected()]


@pytest.fixture(scope="session")
def js_site() -> Iterator[Site]:
    """Serve /static/ and /tests-js/ under the strict policy."""
    with running_site() as site:
        yield site


@pytest.fixture(scope="session")
def js_context(browser: Browser) -> Iterator[BrowserContext]:
    """Open one browser profile for all tests of this folder."""
    context = browser.new_context()
    context.add_init_script(WATCH)
    yield context
    context.close()


@pytest.fixture(scope="session")
def _lasting_page(js_context: BrowserContext, js_site: Site) -> JsPage:
    # One page for all tests: opening another one takes longer than most tests.
    page = js_context.new_page()
    opened = JsPage(page, js_site)
    page.on("pageerror", lambda error: opened.errors.append(f"error: {error}"))
    page.on("request", lambda request: opened.note_request(request.url))
    page.goto(js_site.origin + "/")
    return opened


@pytest.fixture
def js_page(_lasting_page: JsPage) -> JsPage:
    """Load the page with an empty <main id="root"> anew, without any module."""
    _lasting_page.forget()
    _lasting_page.page.goto(_lasting_page.site.origin + "/")
    return _lasting_page


@pytest.fixture
def js_shared_page(_lasting_page: JsPage) -> JsPage:
    """Empty the page but keep its modules: quicker for many small cases."""
    _lasting_page.forget()
    _lasting_page.page.evaluate(
        "document.getElementById('root').replaceChildren(); window.complaints = [];"
    )
    return _lasting_page
