"""What a person allows Claude on the web."""

from typing import Any

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import WebTools
from tests.views.conftest import Html, Open

PATH = "/tools/web/"


def post(client: Client, user: User, **fields: Any) -> Any:
    client.force_login(user)
    return client.post(PATH, fields)


def errors(response: Any) -> list[str]:
    return [text for text in Html(response).texts("ul", "errorlist") if text]


def test_what_is_sent_is_kept_for_its_person(
    client: Client, alice: User, charlie: User
) -> None:
    response = post(
        client,
        alice,
        allowed_domains="https://Example.org/\n\nb.example/docs b.example/docs",
        max_uses="5",
        city="Vienna",
        country="at",
        timezone="Europe/Vienna",
    )

    assert (response.status_code, response.headers["Location"]) == (302, PATH)
    kept = WebTools.of(alice.pk)
    assert kept.allowed_domains == ["example.org", "b.example/docs"]
    assert (kept.max_uses, kept.blocked_domains) == (5, [])
    assert kept.location == {
        "city": "Vienna",
        "country": "AT",
        "timezone": "Europe/Vienna",
    }
    assert WebTools.of(charlie.pk).allowed_domains == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"allowed_domains": "not a site"}, "is no site"),
        ({"allowed_domains": "localhost"}, "is no site"),
        ({"blocked_domains": "a.example?q"}, "is no site"),
        (
            {"allowed_domains": "a.example " * 2, "blocked_domains": "b.example"},
            "either",
        ),
        ({"country": "A1"}, "two letters"),
        ({"timezone": "Vienna"}, "Europe/Vienna"),
        ({"max_uses": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_the_api_would_refuse_is_refused_with_words(
    client: Client, alice: User, fields: dict[str, str], problem: str
) -> None:
    response = post(client, alice, **fields)

    assert response.status_code == 422
    assert any(problem in error for error in errors(response)), errors(response)
    assert not WebTools.objects.exists()


def test_the_page_shows_what_is_kept(open_page: Open, alice: User) -> None:
    WebTools.objects.create(owner=alice, blocked_domains=["a.example", "b.example"])

    page = open_page(PATH)

    assert page.one("textarea", name="blocked_domains").text == "a.example b.example"


def test_everything_can_be_taken_back(client: Client, alice: User) -> None:
    WebTools.objects.create(owner=alice, max_uses=3, allowed_domains=["a.example"])

    post(client, alice, allowed_domains="", blocked_domains="", max_uses="")

    kept = WebTools.of(alice.pk)
    assert (kept.max_uses, kept.allowed_domains) == (None, [])
