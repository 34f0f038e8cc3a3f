"""A person's own settings."""

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import Preferences
from tests.views.conftest import Html, Open

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_on_until_somebody_wants_it(open_page: Open) -> None:
    page = open_page("/settings/")

    assert "checked" not in page.one("input", name="suggestions").attributes
    assert open_page("/").all("div", id="suggestions") == []
    assert not Preferences.objects.exists()


def test_switched_on_and_off_again(
    client: Client, alice: User, open_page: Open
) -> None:
    client.force_login(alice)

    saved = Html(client.post("/settings/", {"suggestions": "on"}, follow=True))

    assert "Saved." in saved.one("body").text
    assert "checked" in saved.one("input", name="suggestions").attributes
    assert len(open_page("/").all("div", id="suggestions")) == 1
    client.post("/settings/", {})
    assert not Preferences.objects.get().suggestions


def test_each_person_has_their_own(client: Client, alice: User, bob: User) -> None:
    for person in (alice, bob):
        client.force_login(person)
        client.post("/settings/", {"suggestions": "on"} if person == alice else {})

    rows = Preferences.objects.values_list("person__username", "suggestions")
    assert sorted(rows) == [("alice", True), ("bob", False)]


def test_strangers_log_in_first(client: Client) -> None:
    assert client.get("/settings/").status_code == 302
