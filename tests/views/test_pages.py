import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chatapp.accounts.models import User
from conversations import catalog
from conversations.models import State, Turn
from conversations.rendering.markdown import RENDERER_VERSION
from conversations.transcripts.pages import read_page
from tests.views.conftest import Html, Open
from tests.views.stories import Story, book

pytestmark = pytest.mark.django_db


def messages(page: Html) -> list[str]:
    """Return what the log says, one text for each question or answer."""
    texts = {id(e): e.text for e in page.all("div", "message__text")}
    texts |= {id(e): e.text for e in page.all("div", "message__body")}
    return [texts[id(e)] for e in page.elements if id(e) in texts]


def page_data(page: Html) -> dict[str, Any]:
    data: dict[str, Any] = json.loads("".join(page.one("script", id="page-data").parts))
    return data


def buttons(page: Html) -> list[str]:
    """Return the buttons of the notices that are shown."""
    return [
        element.text
        for element in page.elements
        if element.tag in ("button", "a")
        and any(
            "notice__actions" in a.attributes.get("class", "")
            for a in element.ancestors
        )
        and element.is_shown
        and not any(a.tag == "template" for a in element.ancestors)
    ]


def test_the_first_page_asks_for_a_message(open_page: Open) -> None:
    page = open_page("/")

    form = page.one("form", id="composer-form").attributes
    names = {e.attributes.get("name") for e in page.elements if "name" in e.attributes}
    assert form["action"] == "/conversations/"
    assert form["enctype"] == "multipart/form-data"
    assert names >= {
        "text",
        "model",
        "effort",
        "thinking",
        "client_id",
        "parent",
        "file",
    }
    assert len(page.all("button", "prompt")) == 4


def test_each_first_page_has_a_client_id_of_its_own(open_page: Open) -> None:
    ids = {open_page("/").one(name="client_id").attributes["value"] for _ in range(2)}

    assert len(ids) == 2


def test_the_page_says_that_answers_are_simulated(open_page: Open) -> None:
    assert open_page("/").texts("span", "demo-mark") == ["Demo: simulated answers"]


def test_page_data_offers_models_and_addresses(open_page: Open) -> None:
    catalog.load_cards()

    data = page_data(open_page("/"))

    assert data["model"] == data["default_model"] == "claude-opus-5-5"
    offered = [choice.as_json() for choice in catalog.choices()]
    assert data["models"] == json.loads(json.dumps(offered))
    assert data["urls"]["message"] == (
        "/conversations/00000000-0000-0000-0000-000000000000"
        "/messages/11111111-1111-1111-1111-111111111111/"
    )
    assert data["conversation"] is None


def test_a_conversation_shows_its_branch(open_page: Open, alice: User) -> None:
    story = Story(alice)
    story.exchanges(2)

    page = open_page(story.url)

    assert messages(page) == ["Question 0", "Answer 0", "Question 1", "Answer 1"]
    assert page.one("h1").text == "Priorities"


def test_what_a_person_wrote_stays_text(open_page: Open, alice: User) -> None:
    story = Story(alice, title="<b>Title</b>")
    story.ask("<script>alert(1)</script>\n  **no markup**")

    page = open_page(story.url)

    element = page.one("div", "message__text")
    assert "".join(element.parts) == "<script>alert(1)</script>\n  **no markup**"
    assert page.one("h1").text == "<b>Title</b>"


def test_the_next_message_follows_the_leaf_with_the_same_settings(
    open_page: Open, alice: User
) -> None:
    catalog.load_cards()
    story = Story(alice)
    leaf = story.exchanges(1)
    Turn.objects.update(model="claude-sonnet-5", effort="low")

    page = open_page(story.url)

    data = page_data(page)
    assert page.one(name="parent").attributes["value"] == str(leaf.id)
    assert (data["model"], data["effort"], data["leaf"]) == (
        "claude-sonnet-5",
        "low",
        str(leaf.id),
    )


def test_rounds_of_one_turn_read_as_one_answer(open_page: Open, alice: User) -> None:
    story = Story(alice)
    last = story.answer(story.ask(), "I look it up, ", "and here it is.")

    page = open_page(story.url)

    assert messages(page) == ["Why?", "I look it up, and here it is."]
    assert page.one("article", "message--assistant").attributes["data-message"] == str(
        last.id
    )


def test_a_rendered_answer_is_kept(open_page: Open, alice: User) -> None:
    story = Story(alice)
    answer = story.answer(story.ask(), "**bold**")

    first = messages(open_page(story.url))
    answer.refresh_from_db()
    kept = (answer.html_version, "<strong>bold</strong>" in answer.html)
    answer.html = "<p>from the row</p>"
    answer.save(update_fields=["html"])

    assert (first, kept) == (["Why?", "bold"], (RENDERER_VERSION, True))
    assert messages(open_page(f"{story.url}messages/{answer.id}/")) == ["from the row"]


def test_an_answer_of_an_older_renderer_is_rendered_again(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    answer = story.answer(story.ask(), "new")
    answer.html, answer.html_version = "old", RENDERER_VERSION - 1
    answer.save(update_fields=["html", "html_version"])

    assert messages(open_page(story.url)) == ["Why?", "new"]


def test_the_footer_tells_model_tokens_cost_and_time(
    open_page: Open, alice: User
) -> None:
    catalog.load_cards()
    story = Story(alice)
    story.exchanges(1)

    summary = open_page(story.url).one("details", "usage")

    assert summary.text.startswith("Claude Opus 5.5 · 51,234 tokens · $0.77 · 41 s")


def test_an_unknown_price_is_not_shown_as_nothing(open_page: Open, alice: User) -> None:
    story = Story(alice)
    answer = story.answer(story.ask())
    assert answer.turn is not None
    book(answer.turn, cost_usd=None)

    text = open_page(story.url).one("details", "usage").text

    assert "$" not in text
    assert "unknown: no price is set for this model" in text


@pytest.mark.parametrize(
    ("miss", "reason"),
    [
        ({"reason": "expired"}, "too much time had passed since the request before"),
        ({"reason": "tools_changed"}, "the tools are others"),
        (
            {"reason": "changed", "what": ["the model", "the effort"]},
            "changed since the request before: the model and the effort",
        ),
        (
            {"reason": "messages_changed", "message": 3},
            "from message 3 on it is sent differently",
        ),
        ({"reason": "something_new"}, "something new"),
    ],
)
def test_a_missed_cache_is_explained(
    open_page: Open, alice: User, miss: dict[str, Any], reason: str
) -> None:
    story = Story(alice)
    answer = story.answer(story.ask())
    assert answer.turn is not None
    book(answer.turn, cache_miss={"tokens": 41_850, **miss})

    text = open_page(story.url).one("details", "usage").text

    assert f"Not in the cache any more41,850 tokens: {reason}" in text


def test_only_the_newest_thirty_messages_are_shown(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    story.exchanges(20)

    page = open_page(story.url)

    assert messages(page)[::29] == ["Question 5", "Answer 19"]
    assert len(messages(page)) == 30
    assert page.one(id="load-earlier").attributes["href"].startswith(story.url)


def test_the_link_to_earlier_messages_works_as_a_page(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    story.exchanges(20)

    link = open_page(story.url).one(id="load-earlier").attributes["href"]

    assert messages(open_page(link))[::9] == ["Question 0", "Answer 4"]


def test_an_answer_is_not_cut_in_two(open_page: Open, alice: User) -> None:
    story = Story(alice)
    first = story.answer(story.ask(), "one ", "two ", "three")
    last = first
    for number in range(14):
        last = story.answer(story.ask(f"Question {number}", last))

    assert messages(open_page(story.url))[0] == "one two three"


def test_versions_of_an_answer_are_linked(open_page: Open, alice: User) -> None:
    story = Story(alice)
    question = story.ask()
    old = story.answer(question, "Old")
    story.ask("Go on", old)
    story.answer(question, "New")

    page = open_page(story.url)
    switcher = page.one("branch-switcher", aria_label="Answer versions")
    back = page.one("a", "branches__step", data_message=str(old.id))

    assert messages(page) == ["Why?", "New"]
    assert (switcher.text, switcher.is_shown) == ("2 / 2", True)
    assert messages(open_page(story.url + back.attributes["href"])) == [
        "Why?",
        "Old",
        "Go on",
    ]


def test_a_message_of_another_conversation_is_no_leaf(
    client: Client, alice: User
) -> None:
    story, other = Story(alice), Story(alice)
    story.exchanges(1)
    foreign = other.exchanges(1)
    client.force_login(alice)

    for query in (f"leaf={foreign.id}", f"before={foreign.id}", "leaf=x", "before=1"):
        assert client.get(f"{story.url}?{query}").status_code == 404


def test_a_running_turn_is_busy_and_loads_again_without_javascript(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    turn = story.turn(story.ask())

    page = open_page(story.url)

    article = page.one("article", id=f"turn-{turn.id}")
    assert article.attributes["aria-busy"] == "true"
    assert page.one("div", "message__waiting").is_shown
    assert page.one("meta", http_equiv="refresh").ancestors[-1].tag == "noscript"


def test_a_finished_page_does_not_load_again(open_page: Open, alice: User) -> None:
    story = Story(alice)
    story.exchanges(1)

    assert open_page(story.url).all("meta", http_equiv="refresh") == []


def test_a_retry_that_failed_stands_beside_the_answers(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    question = story.ask()
    first = story.answer(question, "First")
    error = {
        "type": "overloaded_error",
        "message": "Claude has no room.",
        "retryable": True,
        "request_id": "req_1",
        "action": "retry",
    }
    story.turn(question, State.FAILED, error=error)
    story.conversation.leaf = question
    story.conversation.save()

    page = open_page(story.url)

    assert page.texts("p", "notice__title") == ["Claude is overloaded"]
    assert page.texts("p", "notice__message") == ["Claude has no room."]
    assert page.texts("p", "notice__request") == ["Request id req_1"]
    assert buttons(page) == ["Try again"]
    assert page.one("branch-switcher", aria_label="Answer versions").text == "2 / 2"
    assert page.one("a", rel="prev", data_message=str(first.id)).is_shown


@pytest.mark.parametrize(
    ("fields", "title", "expected"),
    [
        ({"state": State.CANCELLED}, "Stopped", ["Continue", "Try again"]),
        (
            {"stop_reason": "max_tokens"},
            "The answer reached its length limit",
            ["Continue", "Try again"],
        ),
        (
            {"stop_reason": "model_context_window_exceeded"},
            "The conversation has filled the model's memory",
            ["Compact the conversation", "Try another model", "New conversation"],
        ),
        (
            {
                "state": State.INTERRUPTED,
                "error": {"type": "interrupted", "message": "", "action": "continue"},
            },
            "Interrupted",
            ["Continue", "Try again"],
        ),
        (
            {
                "state": State.FAILED,
                "error": {"type": "new_error", "retryable": False, "action": "none"},
            },
            "The answer failed",
            [],
        ),
    ],
)
def test_an_answer_that_was_cut_off_says_why_and_what_next(
    open_page: Open,
    alice: User,
    fields: dict[str, Any],
    title: str,
    expected: list[str],
) -> None:
    story = Story(alice)
    story.answer(story.ask(), "Some text", **fields)

    page = open_page(story.url)

    assert page.texts("p", "notice__title") == [title]
    assert buttons(page) == expected


def test_a_continued_answer_is_one_article(open_page: Open, alice: User) -> None:
    story = Story(alice)
    cut = story.cut_off(story.ask(), "One bro")
    end = story.rest(cut, "wn fox", state=State.CANCELLED)

    page = open_page(story.url)

    article = page.one("article", "message--assistant").attributes
    assert messages(page) == ["Why?", "One brown fox"]
    assert buttons(page) == ["Continue", "Try again"]
    assert {name: article[f"data-{name}"] for name in ("turn", "turns", "kept")} == {
        "turn": str(end.turn_id),
        "turns": f"{cut.turn_id} {end.turn_id}",
        "kept": str(end.turn_id),
    }
    assert article["id"] == f"turn-{cut.turn_id}"
    assert cut.parent is not None
    assert article["data-user-message"] == str(cut.parent.id)


def test_the_footer_tells_both_costs_and_each(open_page: Open, alice: User) -> None:
    story = Story(alice)
    cut = story.cut_off(story.ask(), "One")
    end = story.rest(cut, " and two")
    for message, cost in ((cut, "0.5"), (end, "0.25")):
        assert message.turn is not None
        book(message.turn, cost_usd=cost)

    page = open_page(story.url)

    usage = page.one("details", "usage")
    assert " · 102,468 tokens · $0.75 · 1 min 22 s" in usage.text
    assert page.texts("div", "usage__part") == [
        "Part 1 of 251,234 tokens · $0.50",
        "Part 2 of 251,234 tokens · $0.25",
    ]


def test_a_single_answer_has_no_parts(open_page: Open, alice: User) -> None:
    story = Story(alice)
    story.exchanges(1)

    assert open_page(story.url).all("div", "usage__part") == []


def test_what_was_repaired_is_told_above_the_answer(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    told = {"type": "thinking_stripped", "message": "Earlier <i>thoughts</i> are out."}
    story.answer(story.ask(), repairs=[told])
    story.answer(story.ask("Next", story.conversation.leaf))

    page = open_page(story.url)

    lists = page.all("ul", "message__repairs")
    assert [(one.text, one.is_shown) for one in lists] == [
        ("Earlier <i>thoughts</i> are out.", True),
        ("", False),
    ]


def test_a_turn_that_waits_for_a_server_says_so(open_page: Open, alice: User) -> None:
    story = Story(alice)
    story.turn(story.ask(), State.QUEUED)

    page = open_page(story.url)

    assert page.texts("p", "notice__title") == ["Waiting for a free server…"]
    assert buttons(page) == ["Cancel"]
    assert page.one("article", "message--assistant").attributes["aria-busy"] == "true"
    assert page.one("meta", http_equiv="refresh").ancestors[-1].tag == "noscript"


def test_a_refused_answer_is_folded_away_under_its_reason(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    story.answer(
        story.ask(),
        "Begun",
        stop_reason="refusal",
        stop_details={"type": "refusal", "category": "cyber", "explanation": None},
    )

    page = open_page(story.url)

    assert page.one("details", "withdrawn").text == "Show what had been writtenBegun"
    assert page.texts("p", "notice__message") == [
        "It may help to harm computer systems."
    ]
    assert buttons(page) == ["Try another model", "Edit the message"]


def test_a_refusal_says_who_declined_and_which_model_is_recommended(
    open_page: Open, alice: User
) -> None:
    story = Story(alice)
    refused = story.answer(
        story.ask(),
        "Begun",
        stop_reason="refusal",
        stop_details={
            "type": "refusal",
            "category": "cyber",
            "explanation": "It was about locks.",
            "recommended_model": "claude-opus-5",
        },
    )

    page = open_page(story.url)

    answers = page.all("article", "message--assistant")
    [declined] = [a.attributes for a in answers if "data-refused-by" in a.attributes]
    assert declined["data-messages"] == str(refused.id)
    assert refused.turn is not None
    assert declined["data-refused-by"] == refused.turn.model
    assert declined["data-recommended"] == "claude-opus-5"
    assert page.texts("p", "notice__message")[0] == (
        "It may help to harm computer systems. It was about locks."
    )


@pytest.mark.parametrize("path", ["/", "/conversations/", "{story}"])
def test_pages_want_a_log_in(client: Client, alice: User, path: str) -> None:
    path = path.format(story=Story(alice).url)

    response = client.get(path)

    assert (response.status_code, response.headers["Location"]) == (
        302,
        f"/accounts/login/?next={path}",
    )


def test_a_stranger_sees_nothing(client: Client, alice: User, charlie: User) -> None:
    story = Story(alice)
    client.force_login(alice)
    assert client.get(story.url).status_code == 200

    client.force_login(charlie)

    assert client.get(story.url).status_code == 404
    assert client.get(f"/conversations/{uuid4()}/").status_code == 404


def test_queries_do_not_grow_with_the_messages(
    client: Client,
    alice: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    catalog.load_cards()
    client.force_login(alice)
    stories = {count: Story(alice) for count in (1, 3)}
    for count, story in stories.items():
        story.rest(story.exchanges(count), " and more")
        read_page(story.conversation, None)  # the first reading renders the answers

    for story in stories.values():
        with django_assert_num_queries(15):
            client.get(story.url)
        with django_assert_num_queries(11):
            client.get(story.url)  # nothing of what was printed is read again
