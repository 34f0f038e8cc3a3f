import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import Message
from tests.views.conftest import Open
from tests.views.stories import Story

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_asks_before_it_deletes(
    client: Client, open_page: Open, alice: User
) -> None:
    story = Story(alice)

    page = open_page(f"{story.url}delete/")

    assert page.one("h1").text == "Delete this conversation?"
    assert page.one("a", "button").attributes["href"] == story.url
    assert client.get(story.url).status_code == 200


def test_a_deleted_conversation_is_out_of_sight(
    client: Client, open_page: Open, alice: User
) -> None:
    story = Story(alice)
    story.exchanges(1)
    open_page(story.url)

    response = client.post(f"{story.url}delete/")

    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.get(story.url).status_code == 404
    assert open_page("/").all("a", "conversation-list__link") == []
    assert Message.objects.count() == 2


def test_a_stranger_cannot_delete(client: Client, alice: User, charlie: User) -> None:
    story = Story(alice)
    client.force_login(charlie)

    response = client.post(f"{story.url}delete/")

    story.conversation.refresh_from_db()
    assert (response.status_code, story.conversation.deleted_at) == (404, None)
