"""Answers that were cut off and continued read as one."""

from typing import Any

import pytest

from chatapp.accounts.models import User
from conversations.models import Message, State, Turn
from conversations.rendering.markdown import RENDERER_VERSION
from conversations.transcripts.answers import Answer
from conversations.transcripts.entries import Entry
from conversations.transcripts.pages import Page, read_message, read_page, read_turn
from tests.views.stories import Story, book

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(alice: User) -> Story:
    return Story(alice)


def shown(page: Page[Entry]) -> list[str]:
    """Return what stands in the log: questions, and answers as Markdown."""
    return [
        entry.source if isinstance(entry, Answer) else entry.message.text
        for entry in page.entries
    ]


def last_answer(story: Story, leaf: Message | None = None) -> Answer:
    entry = read_page(story.conversation, leaf.id if leaf else None).entries[-1]
    assert isinstance(entry, Answer)
    return entry


def turn_of(message: Message) -> Turn:
    assert message.turn is not None
    return message.turn


def test_the_rest_belongs_to_the_answer(story: Story) -> None:
    cut = story.cut_off(story.ask(), "The quick bro")
    end = story.rest(cut, "wn fox.")
    story.answer(story.ask("And then?", end), "It jumps.")

    page = read_page(story.conversation, None)

    assert shown(page) == ["Why?", "The quick brown fox.", "And then?", "It jumps."]
    answer = page.entries[1]
    assert isinstance(answer, Answer)
    assert ">The quick brown fox.</p>" in answer.body
    assert end.parent is not None
    assert answer.message_ids == f"{cut.id} {end.parent.id} {end.id}"
    assert answer.turn_ids == f"{cut.turn_id} {end.turn_id}"
    assert (answer.turn.id, answer.notice) == (end.turn_id, None)


def test_each_ending_of_an_answer_keeps_its_own_rendering(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    end = story.rest(cut, " and two")
    read_page(story.conversation, None)

    alone = read_turn(turn_of(cut))

    assert ("One</p>" in alone.body, "two" in alone.body) == (True, False)
    kept = Message.objects.in_bulk([cut.id, end.id])
    assert [kept[m.id].html_version for m in (cut, end)] == [RENDERER_VERSION] * 2
    assert "One and two" in kept[end.id].html


def test_an_answer_is_continued_more_than_once(story: Story) -> None:
    first = story.cut_off(story.ask(), "One,")
    second = story.rest(first, " two,", state=State.INTERRUPTED)
    story.rest(second, " three.")

    answer = last_answer(story)

    assert (answer.source, answer.notice) == ("One, two, three.", None)
    assert [part.asked_by is None for part in answer.parts] == [True, False, False]


def test_rest_that_was_cut_off_can_be_continued_from_there(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    rest = story.rest(cut, " and", state=State.CANCELLED)

    answer = last_answer(story)

    assert answer.notice
    assert answer.notice.actions == ("continue", "retry")
    assert answer.kept
    assert answer.kept.turn.id == rest.turn_id


def test_rest_that_failed_before_a_word_leaves_the_first_part(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    error = {"type": "overloaded_error", "message": "Busy.", "action": "retry"}
    failed = story.turn(
        story.ask("Please continue.", cut),
        State.FAILED,
        continues=cut.turn,
        error={**error, "retryable": True},
    )

    answer = last_answer(story)

    assert (answer.source, answer.turn) == ("One", failed)
    assert answer.notice
    assert (answer.notice.title, answer.notice.actions) == (
        "Claude is overloaded",
        ("continue", "retry"),
    )
    assert answer.kept
    assert answer.kept.turn == cut.turn
    assert not answer.versions.has_several
    assert read_turn(failed).source == "One"


def test_continuing_again_after_a_failure_is_the_same_answer(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    asked = story.ask("Please continue.", cut)
    story.turn(asked, State.FAILED, continues=cut.turn)
    story.rest(cut, " and two")

    answer = last_answer(story)

    assert (answer.source, answer.versions.count) == ("One and two", 1)


def test_a_turn_that_answers_the_request_again_continues_too(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    asked = story.ask("Please continue.", cut)
    story.turn(asked, State.FAILED, continues=cut.turn)
    story.answer(asked, " and two")

    assert last_answer(story).source == "One and two"


def test_two_ways_of_going_on_are_two_versions(story: Story) -> None:
    question = story.ask()
    cut = story.cut_off(question, "One")
    first, second = story.rest(cut, " and two"), story.rest(cut, " or two")
    other = story.answer(question, "None")

    answers = {end: last_answer(story, end) for end in (first, second, other)}

    assert [answer.source for answer in answers.values()] == [
        "One and two",
        "One or two",
        "None",
    ]
    ids = [first.id, second.id, other.id]
    assert [answer.versions.ids for answer in answers.values()] == [ids] * 3
    assert [answer.versions.number for answer in answers.values()] == [1, 2, 3]


def test_going_on_without_the_rest_is_a_version_of_its_own(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    end = story.rest(cut, " and two")
    follow_up = story.ask("Enough", cut)
    story.answer(follow_up, "Good")

    page = read_page(story.conversation, None)
    with_rest = last_answer(story, end)

    assert shown(page) == ["Why?", "One", "Enough", "Good"]
    without = page.entries[1]
    assert isinstance(without, Answer)
    assert without.versions.ids == with_rest.versions.ids == [end.id, follow_up.id]
    assert (with_rest.versions.number, without.versions.number) == (1, 2)
    # What asks for the rest is no version of what a person wrote.
    assert not page.entries[2].versions.has_several


def test_rest_that_runs_counts_as_a_version_beside_another_one(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    end = story.rest(cut, " and two")
    running = story.turn(story.ask("Please continue.", cut), continues=cut.turn)

    answer = last_answer(story)

    assert (answer.versions.ids, answer.versions.number) == ([end.id, running.id], 2)
    assert answer.turn.is_live


def test_retry_of_a_continued_answer_is_a_version_of_the_whole(story: Story) -> None:
    question = story.ask()
    end = story.rest(story.cut_off(question, "One"), " and two")
    retried = story.turn(question)
    story.conversation.leaf = question
    story.conversation.save()

    answer = last_answer(story)

    assert (answer.versions.ids, answer.versions.number) == ([end.id, retried.id], 2)


def test_a_page_never_begins_within_an_answer(story: Story) -> None:
    last = story.cut_off(story.ask(), "0")
    for number in range(1, 40):
        last = story.rest(last, str(number), state=State.CANCELLED)

    page = read_page(story.conversation, None)

    assert shown(page) == ["".join(str(number) for number in range(40))]
    assert page.before is not None
    earlier = read_page(story.conversation, None, page.before)
    assert (shown(earlier), earlier.before) == (["Why?"], None)


def test_any_message_of_it_brings_the_answer_up_to_there(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    end = story.rest(cut, " and", " two")
    assert end.parent is not None
    assert end.parent.parent is not None

    def brought(message: Message) -> str:
        entry = read_message(story.conversation, message.id)
        assert isinstance(entry, Answer)
        return entry.source

    assert [brought(m) for m in (cut, end.parent.parent, end.parent, end)] == [
        "One",
        "One",
        "One and two",
        "One and two",
    ]


def test_both_costs_are_added_up_and_kept(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    end = story.rest(cut, " and two")
    book(turn_of(cut), cost_usd="0.5", is_estimated=True)
    book(turn_of(end), cost_usd="0.25", output_tokens=1)

    answer = last_answer(story)

    assert answer.spending.usage
    assert answer.spending.usage["cost_usd"] == "0.75"
    assert answer.spending.usage["is_estimated"] is True
    assert answer.spending.usage["output_tokens"] == 3035
    assert answer.spending.duration_seconds == 82
    assert [
        part.spending.usage and part.spending.usage["cost_usd"] for part in answer.parts
    ] == ["0.5", "0.25"]


def test_what_was_refused_is_folded_away_from_what_stays(story: Story) -> None:
    cut = story.cut_off(story.ask(), "Fine")
    story.rest(cut, " and forbidden", stop_reason="refusal")

    answer = last_answer(story)

    assert ("Fine" in answer.body, "forbidden" in answer.body) == (True, False)
    assert ("Fine" in answer.withdrawn, "forbidden" in answer.withdrawn) == (
        False,
        True,
    )
    assert answer.source == "Fine"
    assert answer.notice
    assert answer.notice.kind == "refusal"


def test_the_sources_of_both_parts_are_numbered_together(story: Story) -> None:
    cut = story.cut_off(story.ask(), "One")
    end = story.rest(cut, " and two")
    documents = [{"attachment": "f", "title": "Report", "kind": "pdf", "href": "/f/"}]
    for message, *pages in ((cut, 3), (end, 5, 3)):
        message.content = [cited(message.text, page) for page in pages]
        message.save()
        Turn.objects.filter(messages=message).update(documents=documents)

    body = last_answer(story).body

    places = [body.index(f'data-source="{n}"') for n in (1, 2)]
    assert places == sorted(places)
    assert 'data-source="3"' not in body
    assert body.count("Report") == 3 + 2  # three chips, two entries in the list


def cited(text: str, page: int) -> dict[str, Any]:
    place = {"start_page_number": page, "end_page_number": page + 1}
    citation = {
        "type": "page_location",
        "document_index": 0,
        "cited_text": "x",
        **place,
    }
    return {"type": "text", "text": text, "citations": [citation]}


def test_repairs_of_all_parts_are_told_once(story: Story) -> None:
    told = {"type": "thinking_stripped", "message": "Thoughts were left out."}
    more = {"type": "call_closed", "message": "An open call was closed."}
    cut = story.cut_off(story.ask(), "One", repairs=[told])
    story.rest(cut, " and two", repairs=[told, more])

    assert last_answer(story).repairs == [told, more]
