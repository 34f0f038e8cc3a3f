"""The composer's form begins a conversation with tools, without JavaScript too."""

from uuid import uuid4

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import Conversation
from conversations.tools.own import OWN
from tests.views.conftest import Html, Open

pytestmark = pytest.mark.django_db(transaction=True)


def fields(text: str, tool: str) -> dict[str, str]:
    return {"client_id": str(uuid4()), "text": text, "tools": tool}


def test_every_tool_of_ours_is_a_switch(open_page: Open) -> None:
    boxes = open_page("/").all("input", type="checkbox", name="tools")

    assert {tool.name for tool in OWN} <= {box.attributes["value"] for box in boxes}


def test_conversation_begins_with_what_was_switched_on(
    client: Client, alice: User
) -> None:
    client.force_login(alice)

    response = client.post("/conversations/", fields("Hi", "calculator"))

    assert response.status_code == 302
    [declared] = Conversation.objects.get().prefix.tools
    assert declared["name"] == "calculator"
    assert "Calculator" in client.get(response["Location"]).text


def test_unknown_tool_is_refused(client: Client, alice: User) -> None:
    client.force_login(alice)

    page = Html(client.post("/conversations/", fields("Hi", "nothing")))

    assert page.status == 422
    assert "nothing is not one of" in page.one("p", id="composer-error").text
    assert not Conversation.objects.exists()


def test_switches_stay_as_they_were_when_the_message_is_refused(
    client: Client, alice: User
) -> None:
    client.force_login(alice)

    page = Html(client.post("/conversations/", fields("", "calculator")))

    boxes = page.all("input", type="checkbox", name="tools")
    checked = [box.attributes["value"] for box in boxes if "checked" in box.attributes]
    assert checked == ["calculator"]
