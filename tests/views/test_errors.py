import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.views.conftest import Html

ERROR_PAGES = [
    "400.html",
    "403.html",
    "403_csrf.html",
    "404.html",
    "429.html",
    "500.html",
]


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_pages_need_nothing_but_themselves(name: str) -> None:
    # Django renders 500.html without a request: nothing that can break is asked.
    html = render_to_string(name)

    assert "<h1>" in html
    assert "<script" not in html


@pytest.mark.django_db
def test_an_unknown_address_says_so(client: Client) -> None:
    page = Html(client.get("/nothing/"))

    assert (page.status, page.texts("h1")) == (404, ["There is nothing here"])
