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


def test_tags_are_stored_once_each_and_in_order(
    client: Client, alice: User, open_page: Open
) -> None:
    story = Story(alice)
    client.force_login(alice)

    client.post(
        f"{story.url}rename/", {"title": "Pages", "tags": " tea, #Milk ,, TEA,x  y"}
    )

    story.conversation.refresh_from_db()
    assert story.conversation.tags == ["tea", "Milk", "x y"]
    page = open_page(story.url)
    assert page.one("input", id="rename-tags").attributes["value"] == "tea, Milk, x y"
    assert page.texts("span", "conversation-list__tags") == ["tea · Milk · x y"]


def test_a_title_alone_leaves_the_tags(client: Client, alice: User) -> None:
    story = Story(alice, tags=["tea"])
    client.force_login(alice)

    client.post(f"{story.url}rename/", {"title": "Pages"})

    story.conversation.refresh_from_db()
    assert (story.conversation.title, story.conversation.tags) == ("Pages", ["tea"])


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (",".join("abcdefghi"), "9 tags are too many; at most 8 are allowed."),
        (
            "x" * 31,
            f"The tag “{'x' * 30}…” is too long; at most 30 characters are allowed.",
        ),
    ],
)
def test_bad_tags_are_refused_in_words(
    client: Client, alice: User, tags: str, message: str
) -> None:
    story = Story(alice, tags=["tea"])
    client.force_login(alice)

    response = client.post(
        f"{story.url}rename/",
        {"title": "Pages", "tags": tags},
        headers={"Accept": "application/json"},
    )

    story.conversation.refresh_from_db()
    assert response.status_code == 400
    assert response.json() == {"error": {"type": "invalid_tags", "message": message}}
    assert story.conversation.tags == ["tea"]


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
