"""What an earlier page printed serves later ones, as long as it still holds."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chatapp.accounts.models import User
from conversations import catalog
from conversations.models import ModelCard, State
from tests.views.conftest import Html, Open
from tests.views.stories import Story, book

pytestmark = pytest.mark.django_db


def answers(page: Html) -> list[str]:
    return [body.text for body in page.all("div", "message__body")][:1]


def counts(page: Html) -> list[str]:
    """Return the versions' counts of the first question and its answer."""
    return page.texts("span", "branches__count")[:2]


def test_a_second_opening_reads_no_message(open_page: Open, alice: User) -> None:
    story = Story(alice)
    story.answer(story.ask(), "Because.")
    first = open_page(story.url)

    with CaptureQueriesContext(connection) as queries:
        second = open_page(story.url)

    assert second.texts("article") == first.texts("article")
    assert [query for query in queries if '"content"' in query["sql"]] == []


def test_another_answer_is_counted(open_page: Open, alice: User) -> None:
    story = Story(alice)
    question = story.ask()
    old = story.answer(question, "Old")
    open_page(story.url)

    story.answer(question, "New")

    page = open_page(f"{story.url}?leaf={old.id}")
    assert answers(page) == ["Old"]
    assert counts(page) == ["1 / 1", "1 / 2"]


def test_another_question_is_counted(open_page: Open, alice: User) -> None:
    story = Story(alice)
    first = story.ask("First")
    story.answer(first)
    open_page(story.url)

    story.answer(story.ask("Second"))

    page = open_page(f"{story.url}?leaf={first.id}")
    assert counts(page) == ["1 / 2", "1 / 1"]


def test_a_model_that_was_renamed_has_its_new_name(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    catalog.load_cards()
    answer = story.answer(story.ask())
    assert answer.turn is not None
    book(answer.turn)
    card = ModelCard.objects.get(model_id=answer.turn.model)
    before = open_page(story.url).texts("summary")

    card.display_name = "Opus, the new"
    card.save()

    assert before != open_page(story.url).texts("summary")


def test_an_answer_that_goes_on_is_not_what_it_was(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    cut = story.cut_off(story.ask(), "It was")
    open_page(story.url)

    story.rest(cut, " good.")

    assert answers(open_page(story.url)) == ["It was good."]


def test_a_running_answer_is_read_each_time(open_page: Open, alice: User) -> None:
    story = Story(alice)
    answer = story.answer(story.ask(), "First round.", state=State.RUNNING)
    open_page(story.url)

    turn = answer.turn
    assert turn is not None
    turn.state, turn.stop_reason = State.COMPLETED, "end_turn"
    turn.save()

    article = open_page(story.url).all("article", "message--assistant")[0]
    assert article.attributes["data-state"] == "completed"


def test_nobody_else_gets_to_see_it(
    open_page: Open, client: Client, alice: User, charlie: User
) -> None:
    story = Story(alice)
    story.answer(story.ask(), "A secret.")
    open_page(story.url)

    client.force_login(charlie)

    assert client.get(story.url).status_code == 404
