"""What everybody used, by month, person and model."""

import pytest

from chatapp.accounts.models import User
from tests.admin.conftest import ADMIN, OpenAdmin, Reviewer
from tests.views.stories import Story, book

MONTHS = "/usagerecord/months/"


@pytest.fixture(autouse=True)
def used(alice: User, bob: User) -> None:
    for owner, cost in ((alice, "0.50"), (bob, "2.00")):
        story = Story(owner)
        answer = story.answer(story.ask())
        assert answer.turn
        book(answer.turn, cost_usd=cost)


def test_people_stand_under_the_sum_of_their_month(open_admin: OpenAdmin) -> None:
    page = open_admin(MONTHS)

    names = page.texts("th", scope="row")
    costs = [cell.text for cell in page.all("td") if cell.text.startswith("$")]
    assert names == ["bob", "alice"]
    assert costs[1::2] == ["$2.50", "$2.00", "$0.50"]


def test_models_stand_there_when_asked_for(open_admin: OpenAdmin) -> None:
    assert open_admin(f"{MONTHS}?by=model").texts("th", scope="row") == [
        "claude-opus-5-5"
    ]


def test_both_come_as_a_file(reviewer: Reviewer) -> None:
    rita = reviewer("view_usagerecord")

    answer = rita.get(f"{ADMIN}{MONTHS}?by=person&csv")

    lines = [line.split(",")[1] for line in answer.text.splitlines()]
    assert lines == ["person", "bob", "alice"]
    assert "usage-by-person.csv" in answer.headers["Content-Disposition"]


def test_it_is_for_those_who_may_see_usage(reviewer: Reviewer) -> None:
    rita = reviewer("view_turn")

    assert rita.get(f"{ADMIN}{MONTHS}").status_code == 403


def test_the_list_leads_there(open_admin: OpenAdmin) -> None:
    page = open_admin("/usagerecord/")

    assert page.one("a", href=f"{ADMIN}{MONTHS}").text == "Months and people"
