import pytest
from django.test import Client

from chatapp.accounts.models import User
from tests.views.stories import Story

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/conversations/", "{story}messages/"])
def test_an_address_answers_each_method_that_it_knows(
    client: Client, alice: User, path: str
) -> None:
    path = path.format(story=Story(alice).url)
    client.force_login(alice)

    refused = client.put(path)

    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")
