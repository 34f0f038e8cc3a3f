"""The admin in Chromium: nothing is refused by its policy, and nothing runs."""

from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.admin.conftest import ADMIN
from tests.admin.sender import Sender
from tests.attachments import samples
from tests.e2e.chat import NAME, PASSWORD, log_in
from tests.e2e.conftest import Served, served, static_root
from tests.e2e.watching import Watch
from tests.serving import RunningServer

# Fixtures of the end-to-end tests: the same servers, with hashed static files.
__all__ = ["served", "static_root"]

BAIT = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
MODELS = ("conversation", "message", "attachment", "turn", "usagerecord", "modelcard")
WRITTEN = f"""{BAIT} [x](javascript:alert(3))

```python
print("hello")
```

The area is $\\pi r^2$.
"""


@pytest.fixture(scope="module")
def server(
    served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server with two conversations full of markup."""
    with served(tmp_path_factory.mktemp("admin") / "data") as running:
        with Sender(running, NAME, PASSWORD) as sender:
            picture = sender.upload(f"{BAIT}.png", samples.picture("PNG"))
            text = sender.upload(f"{BAIT}.txt", b"Grass is green. Water is wet.\n")
            sender.ask(f"What do these say? {BAIT}", picture, text)
            sender.ask(f"[simulate: echo] {WRITTEN}")
        yield running
    assert "Traceback" not in running.output, running.output


@pytest.fixture(scope="module")
def context(browser: Browser, server: RunningServer) -> Iterator[BrowserContext]:
    """Open one logged-in profile."""
    context = browser.new_context(base_url=server.url)
    log_in(context.new_page())
    yield context
    context.close()


@pytest.fixture
def watch(context: BrowserContext, server: RunningServer) -> Iterator[Watch]:
    """Fail the test when a page complains, runs or loads what it should not."""
    watch = Watch(server.url)
    watch.start(context)
    yield watch
    assert watch.unexpected == []


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


def links_of_first_rows(page: Page) -> list[str]:
    """Return where the first two rows of a list lead."""
    links = page.locator("#result_list tbody th a")
    hrefs = [link.get_attribute("href") or "" for link in links.all()[:2]]
    return [urljoin(page.url, href) for href in hrefs]


def test_the_log_in_leads_back(browser: Browser, server: RunningServer) -> None:
    context = browser.new_context(base_url=server.url)
    watch = Watch(server.url)
    watch.start(context)
    page = context.new_page()

    page.goto(f"{ADMIN}/turn/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", name="Select turn to view")).to_be_visible()
    assert watch.unexpected == []
    context.close()


@pytest.mark.parametrize("name", MODELS)
def test_lists_and_pages_are_quiet(page: Page, name: str) -> None:
    page.goto("/admin/")
    page.goto(f"{ADMIN}/{name}/?_facets=True")
    rows = links_of_first_rows(page)

    for address in rows:
        page.goto(address)
        for details in page.locator("details:not([open]) > summary").all():
            if details.is_visible():
                details.click()
        page.get_by_role("link", name="History").click()

    assert len(rows) == 2 or name == "attachment"


def test_cards_are_edited_added_and_refreshed(page: Page) -> None:
    page.goto(f"{ADMIN}/modelcard/")
    page.get_by_role("button", name="Refresh from the API").click()
    expect(page.locator(".messagelist .success")).to_contain_text("came from the API")

    page.goto(f"{ADMIN}/modelcard/add/")
    page.get_by_label("Model id").fill("my-model")
    page.get_by_label("Name").fill(BAIT)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_contain_text(BAIT)

    page.get_by_label("Prices").fill(f'{{"input": "{BAIT[2:]}"}}')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errorlist").first).to_contain_text("output is missing.")
    page.goto(f"{ADMIN}/modelcard/my-model/delete/")


def test_the_transcript_shows_markup_as_text_and_enhances_the_rest(page: Page) -> None:
    page.goto(f"{ADMIN}/conversation/?q=hello")
    page.goto(links_of_first_rows(page)[0])

    answer = page.locator("article.message--assistant .message__body")
    expect(answer.locator(".prose").first).to_contain_text(BAIT[2:])
    expect(answer.locator(".hljs-string")).to_have_text('"hello"')
    answer.locator(".math").scroll_into_view_if_needed()
    expect(answer.locator(".katex").first).to_be_visible()
    assert answer.locator("img, script").count() == 0


def test_a_file_is_opened_from_its_chip(page: Page, context: BrowserContext) -> None:
    page.goto(f"{ADMIN}/conversation/?q=these")
    page.goto(links_of_first_rows(page)[0])
    expect(page.locator(".attachment__thumbnail")).to_be_visible()

    with context.expect_page() as opened:
        page.locator("a.attachment--text").click()

    expect(opened.value.locator("body")).to_contain_text("Grass is green.")
    opened.value.close()


def test_the_transcript_needs_no_scripts(
    browser: Browser, context: BrowserContext, server: RunningServer
) -> None:
    plain = browser.new_context(
        base_url=server.url,
        storage_state=context.storage_state(),
        java_script_enabled=False,
    )
    page = plain.new_page()

    page.goto(f"{ADMIN}/conversation/?q=hello")
    page.goto(links_of_first_rows(page)[0])

    expect(page.locator(".message__body code").first).to_have_text('print("hello")\n')
    expect(page.locator(".message__body .math")).to_have_text("\\pi r^2")
    plain.close()
