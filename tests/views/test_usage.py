"""The page that tells a person what was used, and the file of it."""

import pytest
from django.test import Client

from chatapp.accounts.models import User
from tests.views.conftest import Open
from tests.views.stories import Story, book

pytestmark = pytest.mark.django_db(transaction=True)


def used(owner: User, **fields: object) -> None:
    story = Story(owner)
    answer = story.answer(story.ask())
    assert answer.turn
    book(answer.turn, **fields)


def test_the_month_and_its_models_are_shown(open_page: Open, alice: User) -> None:
    used(alice, cache_savings_usd="0.5")

    page = open_page("/usage/")

    [month, model] = [
        [cell.text for cell in page.elements if row in cell.ancestors]
        for row in page.all("tr")[1:]
    ]
    amounts = ["1", "48,200", "98 %", "3,034", "0", "$0.50", "$0.77"]
    assert (month[1:], model) == (amounts, ["claude-opus-5-5", *amounts])
    assert page.texts("dd") == [
        "$0.77",
        "48,200 tokens",
        "3,034 tokens",
        "98 %",
        "$0.50",
    ]


def test_what_cost_most_is_named_and_linked(open_page: Open, alice: User) -> None:
    used(alice, cache_savings_usd="0.5")

    page = open_page("/usage/")

    row = page.one("ol", "dearest")
    assert "48,200 tokens read, 98 % of it from the cache; saved $0.50" in row.text
    [link] = [a for a in page.all("a") if row in a.ancestors]
    assert open_page(link.attributes["href"]).status == 200


def test_an_unknown_cost_is_said(open_page: Open, alice: User) -> None:
    used(alice, cost_usd=None)

    assert open_page("/usage/").texts("dd")[0] == "unknown"


def test_nothing_used_is_said(open_page: Open, bob: User) -> None:
    used(bob)

    page = open_page("/usage/")

    assert page.all("table") == []
    assert page.texts("dd")[0] == "$0.00"


def test_the_file_has_only_what_its_reader_paid(
    client: Client, alice: User, bob: User
) -> None:
    used(alice)
    used(bob)
    used(bob)
    client.force_login(alice)

    answer = client.get("/usage.csv")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="usage.csv"'
    [_, line] = answer.text.splitlines()
    assert line.split(",")[1:3] == ["claude-opus-5-5", "1"]


def test_the_menu_leads_there(open_page: Open) -> None:
    assert open_page("/").one("a", href="/usage/").text == "Usage"
