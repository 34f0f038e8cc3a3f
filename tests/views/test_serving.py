"""Speed, place and capacity in the composer, and under the answer."""

from uuid import uuid4

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations import catalog
from conversations.models import ModelCard, Turn
from tests.views.conftest import Open
from tests.views.stories import OPUS, Story, book

pytestmark = pytest.mark.django_db(transaction=True)


def labels(page: object, name: str) -> list[str]:
    select = page.one("select", id=f"composer-{name}")  # type: ignore[attr-defined]
    options = page.all("option")  # type: ignore[attr-defined]
    return [option.text for option in options if select in option.ancestors]


def test_each_way_has_its_price(open_page: Open) -> None:
    catalog.load_cards()

    page = open_page("/")

    assert labels(page, "speed") == ["Usual speed", "Fast (2 times the price)"]
    assert labels(page, "inference_geo") == [
        "Default",
        "Anywhere",
        "US only (1.1 times the price)",
    ]
    assert labels(page, "service_tier") == ["Default", "Standard capacity only"]


def test_a_price_that_nobody_knows_is_called_that(open_page: Open) -> None:
    ModelCard.objects.create(model_id=OPUS)

    page = open_page("/")

    assert labels(page, "speed")[1] == "Fast (its price is not known)"


def test_a_model_without_a_choice_shows_none(open_page: Open, alice: User) -> None:
    story = Story(alice)
    story.answer(story.ask())
    Turn.objects.update(model="claude-haiku-4-5")
    ModelCard.objects.create(model_id="claude-haiku-4-5")

    page = open_page(story.url)

    assert not page.one("fieldset", id="speed-field").is_shown
    assert not page.one("fieldset", id="inference_geo-field").is_shown
    assert labels(page, "service_tier") == ["Default", "Standard capacity only"]


def test_a_conversation_keeps_what_its_last_turn_had(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    story.answer(story.ask(), speed="fast", inference_geo="us")

    page = open_page(story.url)

    chosen = [
        option.text for option in page.all("option") if "selected" in option.attributes
    ]
    assert "Fast (2 times the price)" in chosen
    assert "US only (1.1 times the price)" in chosen


def test_a_form_without_javascript_sends_it(client: Client, alice: User) -> None:
    client.force_login(alice)
    fields = {
        "text": "Hi",
        "client_id": str(uuid4()),
        "model": OPUS,
        "inference_geo": "us",
    }

    response = client.post("/conversations/", fields)

    assert response.status_code == 302
    assert Turn.objects.get().inference_geo == "us"


def test_how_it_was_served_stands_with_the_cost(open_page: Open, alice: User) -> None:
    story = Story(alice)
    turns = [story.answer(story.ask()).turn, story.answer(story.ask()).turn]
    for turn, usage in zip(
        turns,
        (
            {"speed": "fast", "inference_geo": "us", "service_tier": "priority"},
            {
                "speed": "standard",
                "inference_geo": "global",
                "service_tier": "standard",
            },
        ),
        strict=True,
    ):
        assert turn
        book(turn, usage=usage)

    first = turns[0]
    assert first
    leaf = first.messages.get().id
    page = open_page(f"{story.url}?leaf={leaf}")

    shown = page.one("details", "usage").text
    assert "fast, in the US only, priority capacity" in shown
    assert "Served" not in open_page(story.url).one("details", "usage").text
