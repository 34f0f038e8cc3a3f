"""A schema in the composer, and what is wrong with it."""

import json
from uuid import uuid4

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import Conversation, ModelCard
from tests.views.conftest import Html, Open
from tests.views.stories import OPUS, Story

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = '{"type": "object", "properties": {}, "additionalProperties": false}'


@pytest.fixture
def card(db: None) -> ModelCard:
    return ModelCard.objects.create(
        model_id=OPUS, capabilities={"structured_outputs": {"supported": True}}
    )


@pytest.mark.parametrize(
    ("schema", "problems"),
    [
        (GOOD, []),
        ("", ["This is no JSON: Expecting value (line 1, column 1)."]),
        (
            '{"type": "object"}',
            ["An object needs “additionalProperties” to be false."],
        ),
    ],
)
def test_a_schema_is_looked_at_before_it_is_used(
    client: Client, alice: User, schema: str, problems: list[str]
) -> None:
    client.force_login(alice)

    response = client.post("/json-schema/", {"schema": schema})

    assert (response.status_code, response.json()) == (200, {"problems": problems})


def test_it_is_nobody_elses_service(client: Client) -> None:
    assert client.post("/json-schema/", {"schema": GOOD}).status_code == 302
    assert client.get("/json-schema/").status_code == 405


@pytest.mark.parametrize("supported", [True, False])
def test_it_is_offered_where_the_model_can(
    open_page: Open, card: ModelCard, supported: bool
) -> None:
    card.capabilities = {"structured_outputs": {"supported": supported}}
    card.save()

    assert open_page("/").one("fieldset", id="json-field").is_shown is supported


def test_a_form_without_javascript_says_what_is_wrong(
    client: Client, alice: User, card: ModelCard
) -> None:
    client.force_login(alice)
    fields = {"text": "Hi", "client_id": str(uuid4()), "json_schema": "{}"}

    page = Html(client.post("/conversations/", fields))

    assert page.status == 422
    assert page.one("p", id="composer-error").text.startswith(
        "The JSON schema cannot be used. The answer as a whole has to be"
    )
    assert page.one("textarea", id="composer-json_schema").text == "{}"
    assert (
        "open"
        in page.one("textarea", id="composer-json_schema").ancestors[-1].attributes
    )
    assert not Conversation.objects.exists()


def test_a_form_without_javascript_begins_one(
    client: Client, alice: User, card: ModelCard
) -> None:
    client.force_login(alice)
    fields = {"text": "Hi", "client_id": str(uuid4()), "json_schema": GOOD}

    response = client.post("/conversations/", fields)

    assert response.status_code == 302
    prefix = Conversation.objects.get().prefix
    assert prefix.json_schema == json.loads(GOOD)


def test_what_was_fixed_is_shown(open_page: Open, alice: User) -> None:
    story = Story(alice)
    plain = open_page(story.url)
    story.conversation.prefix.json_schema = {"type": "object", "title": "<b>"}
    story.conversation.prefix.save()

    page = open_page(story.url)

    assert page.all("fieldset", id="json-field") == []
    shown = page.one("pre", "options__schema").text
    assert shown == '{ "type": "object", "title": "<b>" }'
    assert plain.all("pre", "options__schema") == []
