from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chatapp.accounts.models import User
from tests.views.conftest import Open
from tests.views.stories import Story

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def test_conversations_are_grouped_by_date(open_page: Open, alice: User) -> None:
    with time_machine.travel(NOW, tick=False):
        for days in (0, 1, 2, 7, 8, 30, 400):
            Story(alice, f"{days} days", updated_at=NOW - timedelta(days=days))

        page = open_page("/conversations/sidebar/")

    sections = [section.text for section in page.all("section")]
    assert sections == [
        "Today 0 days",
        "Yesterday 1 days",
        "Previous 7 days 2 days 7 days",
        "November 8 days",
        "October 30 days",
        "October 2025 400 days",
    ]


def test_today_is_the_readers_day(client: Client, open_page: Open, alice: User) -> None:
    client.cookies["timezone"] = "Asia/Tokyo"  # where NOW is the 23rd
    with time_machine.travel(NOW, tick=False):
        Story(alice, updated_at=NOW - timedelta(hours=12))

        page = open_page("/conversations/sidebar/")

    assert page.texts("h2") == ["Yesterday"]


@pytest.mark.parametrize("zone", ["Nowhere/City", "../../etc/passwd", ""])
def test_a_wrong_time_zone_counts_as_none(
    client: Client, open_page: Open, alice: User, zone: str
) -> None:
    client.cookies["timezone"] = zone
    Story(alice)

    assert open_page("/conversations/sidebar/").texts("h2") == ["Today"]


def test_fifty_rows_then_older(open_page: Open, alice: User) -> None:
    for number in range(51):
        Story(alice, f"Number {number}")

    first = open_page("/conversations/sidebar/")
    link = first.one("a", id="older-conversations").attributes["href"]
    rest = open_page(link)

    assert len(first.all("a", "conversation-list__link")) == 50
    assert {"Number 0", "Number 50"} <= set(rest.texts("a", "conversation-list__link"))


def test_the_open_conversation_is_marked(open_page: Open, alice: User) -> None:
    story = Story(alice)
    Story(alice)

    page = open_page(story.url)

    (current,) = page.all("a", aria_current="page")
    assert current.attributes["href"] == story.url


def test_others_and_deleted_conversations_are_not_listed(
    open_page: Open, alice: User, bob: User
) -> None:
    Story(alice, "Mine")
    Story(bob, "Somebody else's")
    Story(alice, "Deleted", deleted_at=NOW)

    page = open_page("/conversations/sidebar/")

    assert page.texts("a", "conversation-list__link") == ["Mine"]


def test_queries_do_not_grow_with_the_list(
    client: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(alice)
    for count in (1, 3):
        for _ in range(count):
            Story(alice)
        with django_assert_num_queries(3):  # session, person, list
            client.get("/conversations/sidebar/")
