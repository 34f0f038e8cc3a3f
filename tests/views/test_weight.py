"""What a first visit costs: requests, and bytes as they travel."""

import re

import brotli  # type: ignore[import-untyped]  # it has no stubs
from django.test import Client

from chatapp.accounts.models import User
from conversations.templatetags.modules import imported_modules
from tests.serving import ROOT
from tests.views.conftest import Open

# Ours: what a slow telephone line carries in about two seconds.
MAX_REQUESTS = 16
MAX_BYTES = 80 * 1024
MAX_SCRIPT_BYTES = 35 * 1024

STATIC_URL = "/static/"
SPRITE = "img/icons.svg"


def test_preloads_are_what_the_page_imports_before_it_runs(open_page: Open) -> None:
    page = open_page("/")

    preloads = {
        link.attributes["href"] for link in page.all("link", rel="modulepreload")
    }

    assert preloads == {
        f"{STATIC_URL}{name}" for name in imported_modules("js/main.js")
    }


def test_modules_for_later_are_not_imported_before_the_page_runs() -> None:
    eager = imported_modules("js/main.js")

    assert [name for name in eager if name.startswith("vendor/")] == []
    assert [name for name in eager if "markdown" in name] == []


def test_a_first_visit_stays_within_its_budget(client: Client, alice: User) -> None:
    client.force_login(alice)
    response = client.get("/", headers={"Accept-Encoding": "gzip"})
    files = files_of(client.get("/").content.decode())

    sizes = {name: travelling_size(name) for name in files}
    page_bytes = len(response.content)
    scripts = sum(size for name, size in sizes.items() if name.startswith("js/"))

    assert response.headers["Content-Encoding"] == "gzip"
    assert 1 + len(files) <= MAX_REQUESTS, sorted(files)
    assert scripts <= MAX_SCRIPT_BYTES, sizes
    assert page_bytes + sum(sizes.values()) <= MAX_BYTES, sizes


def files_of(html: str) -> set[str]:
    """Return the static files that the page asks for by itself."""
    tags = re.findall(r"<(?:link|script|img|use)\b[^>]*>", html)
    later = ('rel="manifest"',)  # a browser reads it when the page is installed
    urls = {
        url
        for tag in tags
        if not any(mark in tag for mark in later)
        for url in re.findall(rf'(?:href|src)="{STATIC_URL}([^"#]+)', tag)
    }
    assert SPRITE in urls
    return urls


def travelling_size(name: str) -> int:
    return len(brotli.compress((ROOT / "static" / name).read_bytes()))
