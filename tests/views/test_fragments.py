from uuid import uuid4

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import State
from tests.views.conftest import Open
from tests.views.stories import Story

pytestmark = pytest.mark.django_db


def test_older_messages_come_before_the_given_one(open_page: Open, alice: User) -> None:
    story = Story(alice)
    story.exchanges(20)
    before = open_page(story.url).one(id="earlier").attributes["data-before"]

    fragment = open_page(f"{story.url}messages/?before={before}")

    assert fragment.texts("div", "message__text") == [
        f"Question {number}" for number in range(5)
    ]
    assert fragment.all(id="earlier") == []


def test_a_branch_can_be_fetched_by_any_of_its_messages(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    question = story.ask()
    old = story.answer(question, "Old")
    leaf = story.ask("Go on", old)
    story.answer(question, "New")

    fragment = open_page(f"{story.url}messages/?leaf={old.id}")

    assert fragment.texts("div", "message__body") == ["Old"]
    assert fragment.one("body").attributes["data-leaf"] == str(leaf.id)


def test_one_message_of_a_person(open_page: Open, alice: User) -> None:
    story = Story(alice)
    question = story.ask("Why?")
    story.answer(question)

    fragment = open_page(f"{story.url}messages/{question.id}/")

    assert [e.attributes["id"] for e in fragment.all("article")] == [
        f"message-{question.id}"
    ]


def test_any_round_brings_the_whole_answer(open_page: Open, alice: User) -> None:
    story = Story(alice)
    last = story.answer(story.ask(), "one ", "two")
    assert last.parent is not None

    fragment = open_page(f"{story.url}messages/{last.parent.id}/")

    assert fragment.one("div", "message__body").text == "one two"
    assert fragment.one("article").attributes["data-messages"] == (
        f"{last.parent.id} {last.id}"
    )


def test_the_source_of_an_answer_is_there_to_be_copied(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    answer = story.answer(story.ask(), "**bold** <b>&amp;</b>")

    fragment = open_page(f"{story.url}messages/{answer.id}/")

    (source,) = [e for e in fragment.elements if "data-source" in e.attributes]
    assert "".join(source.parts) == "**bold** <b>&amp;</b>"


def test_a_turn_that_wrote_nothing_has_an_answer_too(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    turn = story.turn(story.ask(), State.CANCELLED)

    fragment = open_page(f"{story.url}turns/{turn.id}/")

    assert fragment.one("article").attributes["id"] == f"turn-{turn.id}"
    assert fragment.texts("p", "notice__title") == ["Stopped"]


def test_a_turn_brings_what_it_wrote(open_page: Open, alice: User) -> None:
    story = Story(alice)
    answer = story.answer(story.ask(), "Because.")

    fragment = open_page(f"{story.url}turns/{answer.turn_id}/")

    assert fragment.texts("div", "message__body") == ["Because."]


def test_a_stranger_gets_no_piece(client: Client, alice: User, charlie: User) -> None:
    story = Story(alice)
    question = story.ask()
    answer = story.answer(question)
    paths = [
        f"{story.url}messages/",
        f"{story.url}messages/{question.id}/",
        f"{story.url}turns/{answer.turn_id}/",
    ]
    client.force_login(alice)
    assert [client.get(path).status_code for path in paths] == [200, 200, 200]

    client.force_login(charlie)

    assert [client.get(path).status_code for path in paths] == [404, 404, 404]


def test_a_piece_of_another_conversation_is_not_found(
    client: Client, alice: User
) -> None:
    story, other = Story(alice), Story(alice)
    answer = other.answer(other.ask())
    client.force_login(alice)

    for path in (f"messages/{answer.id}/", f"turns/{answer.turn_id}/"):
        assert client.get(story.url + path).status_code == 404
        assert client.get(f"{other.url}{path}").status_code == 200
    assert client.get(f"{story.url}messages/{uuid4()}/").status_code == 404


def test_a_turn_brings_what_it_continues(open_page: Open, alice: User) -> None:
    story = Story(alice)
    cut = story.cut_off(story.ask(), "One")
    end = story.rest(cut, " and two")

    whole = open_page(f"{story.url}turns/{end.turn_id}/")
    first = open_page(f"{story.url}turns/{cut.turn_id}/")

    for fragment, text in ((whole, "One and two"), (first, "One")):
        article = fragment.one("article").attributes
        assert article["id"] == f"turn-{cut.turn_id}"
        assert fragment.one("div", "message__body").text == text


def test_the_source_of_a_continued_answer_is_one_text(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    cut = story.cut_off(story.ask(), "One.")
    end = story.rest(cut, "## Two")

    fragment = open_page(f"{story.url}messages/{end.id}/")

    source = next(e for e in fragment.elements if "data-source" in e.attributes)
    assert "".join(source.parts) == "One.\n\n## Two"
