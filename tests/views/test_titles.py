import pytest
from django.test import Client

from chatapp.accounts.models import User
from tests.views.conftest import Html, Open
from tests.views.stories import Story

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_form_renames_and_shows_the_conversation(
    client: Client, open_page: Open, alice: User
) -> None:
    story = Story(alice)
    form = open_page(story.url).one("form", id="rename-form").attributes

    response = client.post(form["action"], {"title": " Pages "})

    assert (response.status_code, response.headers["Location"]) == (302, story.url)
    assert open_page(story.url).one("h1").text == "Pages"


def test_a_script_gets_an_empty_answer(
    client: Client, alice: User, open_page: Open
) -> None:
    story = Story(alice)

    response = client.post(
        f"{story.url}rename/",
        {"title": "Pages"},
        headers={"Accept": "application/json"},
    )

    assert (response.status_code, response.content) == (204, b"")


def test_an_empty_title_is_refused(
    client: Client, alice: User, open_page: Open
) -> None:
    story = Story(alice)

    page = client.post(f"{story.url}rename/", {"title": " "})
    answer = client.post(
        f"{story.url}rename/", {"title": ""}, headers={"Accept": "application/json"}
    )

    assert page.status_code == 422
    assert Html(page).texts("ul", "errorlist") == ["This field is required."]
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": {"type": "invalid_title", "message": "This field is required."}},
    )
    assert open_page(story.url).one("h1").text == "Priorities"


def test_a_stranger_cannot_rename(client: Client, alice: User, charlie: User) -> None:
    story = Story(alice)
    client.force_login(charlie)

    response = client.post(f"{story.url}rename/", {"title": "Mine now"})

    story.conversation.refresh_from_db()
    assert (response.status_code, story.conversation.title) == (404, "Priorities")


def test_reading_renames_nothing(client: Client, alice: User) -> None:
    story = Story(alice)
    client.force_login(alice)

    assert client.get(f"{story.url}rename/?title=x").status_code == 405
