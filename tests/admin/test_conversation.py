"""Conversations are found, and read with every branch."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chatapp.accounts.models import User
from conversations.models import Conversation, Message, State
from tests.admin.conftest import ADMIN, OpenAdmin, Reviewer, page_of
from tests.views.conftest import Html
from tests.views.stories import Story, book


def titles(page: Html) -> list[str]:
    return page.texts("th", "field-display_title")


def row(page: Html, name: str) -> str:
    return page.one("td", f"field-{name}").text


def test_a_row_tells_what_happened_and_what_it_cost(
    open_admin: OpenAdmin, story: Story
) -> None:
    story.exchanges(1)

    page = open_admin("/conversation/")

    assert titles(page) == ["Priorities"]
    assert [row(page, n) for n in ("owner", "message_count", "last_turn", "cost")] == [
        "alice",
        "4",
        "Completed",
        "$1.54",
    ]


def test_an_unknown_price_is_not_taken_for_nothing(
    open_admin: OpenAdmin, alice: User
) -> None:
    free, partly = Story(alice, "Free"), Story(alice, "Partly")
    for told, *costs in ((free, None), (partly, None, "2.5")):
        for cost in costs:
            turn = told.answer(told.ask()).turn
            assert turn
            book(turn, cost_usd=cost)

    page = open_admin("/conversation/?o=0")

    assert page.texts("td", "field-cost") == ["unknown", "$2.50 + unknown"]


@pytest.mark.parametrize("words", ["prior", "alic", "question 0", "ANSWER"])
def test_found_by_title_owner_and_text(
    open_admin: OpenAdmin, story: Story, bob: User, words: str
) -> None:
    Story(bob, "Gardens").ask("Roses?")

    page = open_admin(f"/conversation/?q={words}")

    assert titles(page) == ["Priorities"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("last_state=failed", ["Gardens"]),
        ("last_state=completed", ["Priorities"]),
        ("model=claude-opus-5-5", ["Priorities"]),
        ("model=other", ["Gardens"]),
        ("deleted=yes", ["Gardens"]),
        ("deleted=no", ["Priorities"]),
        ("owner__id__exact={bob}", ["Gardens"]),
        ("updated_at__gte=2020-01-01T00:00Z", ["Gardens", "Priorities"]),
        ("updated_at__gte=2999-01-01T00:00Z", []),
    ],
)
def test_narrowed_by(
    open_admin: OpenAdmin, story: Story, bob: User, query: str, expected: list[str]
) -> None:
    gardens = Story(bob, "Gardens", deleted_at=timezone.now())
    gardens.answer(gardens.ask())
    gardens.conversation.turns.update(state=State.FAILED, model="other")

    page = open_admin(f"/conversation/?o=0&{query.format(bob=bob.id)}")

    assert titles(page) == expected


@pytest.mark.parametrize("name", ["conversation", "message", "turn", "usagerecord"])
def test_a_list_costs_the_same_for_one_and_for_three(
    client: Client,
    root: User,
    alice: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    name: str,
) -> None:
    client.force_login(root)
    Story(alice).exchanges(1)
    with CaptureQueriesContext(connection) as first:
        client.get(f"{ADMIN}/{name}/")
    for _ in range(2):
        Story(alice).exchanges(1)

    with django_assert_num_queries(len(first.captured_queries)):
        assert client.get(f"{ADMIN}/{name}/").status_code == 200


def test_a_transcript_costs_the_same_for_one_exchange_and_for_three(
    client: Client,
    root: User,
    alice: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(root)
    short, long = Story(alice), Story(alice)
    short.exchanges(1)
    long.exchanges(3)
    for story in (short, long):
        leaf = story.conversation.leaf
        assert leaf
        story.rest(leaf, " and more")
    for story in (short, long):
        client.get(f"{ADMIN}{page_of(story)}")  # renders what was not rendered yet
    with CaptureQueriesContext(connection) as first:
        client.get(f"{ADMIN}{page_of(short)}")

    with django_assert_num_queries(len(first.captured_queries)):
        assert client.get(f"{ADMIN}{page_of(long)}").status_code == 200


def test_the_transcript_stands_in_the_order_of_the_page(
    open_admin: OpenAdmin, story: Story
) -> None:
    leaf = story.conversation.leaf
    story.answer(story.ask("**And** then?", leaf), "It *ends*.")

    page = open_admin(page_of(story))

    assert page.texts("article", "message") != []
    assert page.texts("div", "message__text") == ["Question 0", "**And** then?"]
    assert page.texts("div", "prose") == ["Answer 0", "It ends."]
    assert page.texts("em") == ["ends"]


def test_every_branch_is_reached(open_admin: OpenAdmin, alice: User) -> None:
    story = Story(alice)
    question = story.ask("Which?")
    first = story.answer(question, "The first.")
    story.answer(question, "The second.")

    newest = open_admin(page_of(story))
    older = open_admin(f"{page_of(story)}?leaf={first.id}")

    switchers = [link.attributes for link in newest.all("a", rel="prev")]
    assert f"?leaf={first.id}" in [link.get("href") for link in switchers]
    assert newest.texts("div", "prose") == ["The second."]
    assert older.texts("div", "prose") == ["The first."]


def test_an_answer_without_a_word_is_named(open_admin: OpenAdmin, alice: User) -> None:
    story = Story(alice)
    question = story.ask()
    error = {"type": "overloaded_error", "message": "Busy.", "request_id": "req_1"}
    failed = story.turn(question, State.FAILED, error=error)
    story.answer(question)

    page = open_admin(page_of(story))

    attempts = page.one("ol", "transcript__attempts")
    assert attempts.text == (
        "Answer 1: Failed (Claude is overloaded) · Turn"
        " Answer 2: Completed · shown below · Turn"
    )
    assert page.all("a", href=f"{ADMIN}/turn/{failed.id}/change/")


def test_a_failure_is_shown_with_its_request_id(
    open_admin: OpenAdmin, alice: User
) -> None:
    story = Story(alice)
    error = {
        "type": "overloaded_error",
        "message": "Busy.",
        "request_id": "req_1",
        "action": "retry",
        "retryable": True,
    }
    story.turn(story.ask(), State.FAILED, error=error)

    page = open_admin(page_of(story))

    assert page.one("p", "notice__title").text == "Claude is overloaded"
    assert page.one("p", "notice__request").text == "Request id req_1"
    # What the owner can do about it is not the reviewer's to do.
    actions = page.one("div", "notice__actions")
    assert [
        b for b in page.all("button") if actions in b.ancestors and b.is_shown
    ] == []


def test_a_refused_answer_is_open_to_reviewers(
    open_admin: OpenAdmin, alice: User
) -> None:
    story = Story(alice)
    story.answer(story.ask(), "What was withdrawn.", stop_reason="refusal")

    page = open_admin(page_of(story))

    withdrawn = page.one("details", "withdrawn")
    assert "open" in withdrawn.attributes
    assert page.one("div", "prose").text == "What was withdrawn."


def test_thinking_is_folded_and_the_blocks_are_there_as_stored(
    open_admin: OpenAdmin, story: Story
) -> None:
    answer = story.conversation.leaf
    assert answer
    answer.content = [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "So. \ud800"},
    ]
    answer.save()

    page = open_admin(page_of(story))

    assert "open" not in page.one("details", "thinking").attributes
    assert page.one("div", "thinking__text").text == "Hm."
    stored = page.all("pre", "tool-card__json")
    # A lone surrogate cannot be sent; the rest is exact.
    assert json.loads(stored[1].text) == [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "So. \ufffd"},
    ]


def test_cost_tokens_and_request_ids_of_every_round(
    open_admin: OpenAdmin, alice: User
) -> None:
    story = Story(alice)
    turn = story.answer(story.ask()).turn
    assert turn
    book(turn, request_id="req_7")

    page = open_admin(page_of(story))

    usage = page.one("details", "usage").text
    assert usage.startswith("claude-opus-5-5 · 51,234 tokens · $0.77 · 41 s")
    assert page.texts("td") == [
        "0.1",
        "claude-opus-5-5",
        "1,200",
        "3,034",
        "$0.77",
        "req_7",
    ]


def test_a_continued_answer_is_one_with_what_asked_for_the_rest(
    open_admin: OpenAdmin, alice: User
) -> None:
    story = Story(alice)
    cut = story.cut_off(story.ask(), "One bro")
    asked = story.ask("Please <b>continue</b>.", cut)
    story.turn(asked, State.FAILED, continues=cut.turn)
    end = story.answer(asked, "wn fox", continues=cut.turn)
    for message in (cut, end):
        assert message.turn
        book(message.turn)

    page = open_admin(page_of(story))

    assert len(page.all("article", "message")) == 2
    assert page.texts("div", "prose") == ["One brown fox"]
    rest = page.one("details", "transcript__rest")
    assert rest.text.startswith("Asked for the rest")
    assert "open" not in rest.attributes
    assert page.texts("div", "message__text") == ["Why?", "Please <b>continue</b>."]
    assert page.one("ol", "transcript__attempts").text == (
        "Answer 1: Failed (The answer failed) · Turn"
        " Answer 2: Completed · shown here · Turn"
    )
    for told in ("Part 1: Cancelled", "Part 2: Completed"):
        assert told in page.one("article", id=f"turn-{cut.turn_id}").text
    stored = [json.loads(pre.text) for pre in page.all("pre", "tool-card__json")]
    assert [block["text"] for (block,) in stored] == [
        "Why?",
        "One bro",
        "Please <b>continue</b>.",
        "wn fox",
    ]


def test_older_messages_are_a_page_away(open_admin: OpenAdmin, alice: User) -> None:
    story = Story(alice)
    story.exchanges(16)

    newest = open_admin(page_of(story))
    more = newest.one("p", "transcript__more")
    link = next(a for a in newest.all("a") if more in a.ancestors)
    older = open_admin(page_of(story) + link.attributes["href"])

    assert newest.texts("div", "message__text")[0] == "Question 1"
    assert older.texts("div", "message__text") == ["Question 0"]


@pytest.mark.parametrize("query", ["leaf=nonsense", "before=nonsense", "leaf={other}"])
def test_an_unknown_message_is_not_found(
    client: Client, root: User, story: Story, query: str
) -> None:
    client.force_login(root)

    answer = client.get(f"{ADMIN}{page_of(story)}?{query.format(other=uuid4())}")

    assert answer.status_code == 404


def test_a_message_of_another_conversation_is_not_found(
    client: Client, root: User, story: Story, bob: User
) -> None:
    client.force_login(root)
    foreign = Story(bob).ask("Foreign")

    answer = client.get(f"{ADMIN}{page_of(story)}?leaf={foreign.id}")

    assert answer.status_code == 404


def test_the_prefix_is_shown(open_admin: OpenAdmin, story: Story) -> None:
    prefix = story.conversation.prefix
    prefix.system = "Be <b>brief</b>."
    prefix.save()

    page = open_admin(page_of(story))

    assert page.one("div", "field-system").text.endswith("Be <b>brief</b>.")


def test_links_lead_only_where_the_reader_may_go(
    reviewer: Reviewer, story: Story
) -> None:
    rita = reviewer("view_conversation")

    page = Html(rita.get(f"{ADMIN}{page_of(story)}"))

    hrefs = [link.attributes.get("href", "") for link in page.all("a")]
    assert [h for h in hrefs if "/turn/" in h or "/message/" in h] == []
    assert page.texts("div", "prose") == ["Answer 0"]


def test_nothing_is_written_but_the_rendered_body(
    client: Client, root: User, story: Story
) -> None:
    client.force_login(root)

    def stored() -> list[Any]:
        skipped = {"html", "html_version"}
        fields = [
            f.name for f in Message._meta.concrete_fields if f.name not in skipped
        ]
        rows = Message.objects.order_by("id").values_list(*fields)
        return [*rows, *Conversation.objects.values_list()]

    before = stored()

    client.get(f"{ADMIN}{page_of(story)}")

    assert stored() == before
