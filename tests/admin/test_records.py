"""Messages, turns and usage: found, followed and added up."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import State, Turn, UsageRecord
from tests.admin.conftest import ADMIN, OpenAdmin, Reviewer
from tests.inspection.keeping import keep
from tests.views.conftest import Html
from tests.views.stories import Story, book


@pytest.fixture
def failed(alice: User) -> Turn:
    """A turn that gave up after a round that was paid for."""
    story = Story(alice)
    error = {"type": "overloaded_error", "message": "Busy.", "request_id": "req_9"}
    answer = story.answer(story.ask(), state=State.FAILED, error=error)
    assert answer.turn
    book(answer.turn, request_id="req_8")
    return answer.turn


def test_a_turn_tells_how_it_went(open_admin: OpenAdmin, failed: Turn) -> None:
    page = open_admin("/turn/")

    columns = ("turn_state", "author", "conversation_link", "model", "duration")
    shown = [page.one("td", f"field-{name}").text for name in columns]
    assert shown == ["Failed", "alice", "Priorities", "claude-opus-5-5", "41.0 s"]
    assert page.one("td", "field-cost").text == "$0.7712"
    assert page.one("td", "field-error_type").text == "overloaded_error"


@pytest.mark.parametrize("word", ["req_8", "req_9", "overloaded_error", "alice"])
def test_a_turn_is_found_by_what_people_report(
    open_admin: OpenAdmin, failed: Turn, bob: User, word: str
) -> None:
    Story(bob).exchanges(1)

    page = open_admin(f"/turn/?q={word}")

    assert page.texts("td", "field-author") == ["alice"]


def test_a_turn_leads_to_its_messages_and_its_usage(
    open_admin: OpenAdmin, failed: Turn
) -> None:
    page = open_admin(f"/turn/{failed.id}/change/")

    answer, record = failed.messages.get(), failed.usage.get()
    hrefs = [link.attributes.get("href") for link in page.all("a")]
    wanted = [
        f"{ADMIN}/message/{failed.user_message_id}/change/",
        f"{ADMIN}/message/{answer.id}/change/",
        f"{ADMIN}/usagerecord/{record.id}/change/",
    ]
    assert [href for href in wanted if href not in hrefs] == []
    assert '"request_id": "req_9"' in page.one("div", "field-error_json").text


def test_usage_by_round_is_for_those_who_may_see_usage(
    reviewer: Reviewer, failed: Turn
) -> None:
    rita = reviewer("view_turn")

    page = Html(rita.get(f"{ADMIN}/turn/{failed.id}/change/"))

    assert page.all("td", "field-request_id") == []


def test_a_message_is_shown_as_stored(open_admin: OpenAdmin, failed: Turn) -> None:
    answer = failed.messages.get()

    page = open_admin(f"/message/{answer.id}/change/")

    content = page.one("div", "field-content_json").text
    assert content == 'Content blocks: [ { "type": "text", "text": "Because." } ]'
    hrefs = [link.attributes.get("href") for link in page.all("a")]
    place = f"?leaf={answer.id}#message-{answer.id}"
    conversation = failed.conversation_id
    assert f"{ADMIN}/conversation/{conversation}/change/{place}" in hrefs
    assert f"{ADMIN}/turn/{failed.id}/change/" in hrefs


def test_messages_are_found_by_id(open_admin: OpenAdmin, failed: Turn) -> None:
    answer = failed.messages.get()

    page = open_admin(f"/message/?q={answer.id}")

    assert page.texts("td", "field-role") == ["Assistant"]
    assert page.texts("td", "field-block_types") == ["text"]
    assert open_admin("/message/?q=nonsense").all("td") == []


def test_usage_has_a_total_of_what_is_listed(
    open_admin: OpenAdmin, failed: Turn, bob: User
) -> None:
    Story(bob).exchanges(2)
    UsageRecord.objects.update(cache_savings_usd="0.2")
    UsageRecord.objects.filter(turn=failed).update(
        cost_usd=None, cache_savings_usd=None
    )

    everything = open_admin("/usagerecord/")
    of_bob = open_admin(f"/usagerecord/?q={bob}")

    assert everything.texts("dd") == [
        "3,600",
        "141,000",
        "9,102",
        "$1.54 + unknown",
        "$0.4000 + unknown",
    ]
    assert of_bob.texts("dd") == ["2,400", "94,000", "6,068", "$1.54", "$0.4000"]


def test_an_estimate_says_so(open_admin: OpenAdmin, failed: Turn) -> None:
    UsageRecord.objects.update(is_estimated=True)

    page = open_admin("/usagerecord/")

    assert page.one("td", "field-cost").text == "$0.7712 (estimated)"


def test_a_link_from_a_transcript_ends_at_the_turn(
    open_admin: OpenAdmin, client: Client, root: User, failed: Turn
) -> None:
    client.force_login(root)
    page = open_admin(f"/conversation/{failed.conversation_id}/change/")
    links = [a.attributes.get("href", "") for a in page.all("a")]

    followed = {href for href in links if href.startswith(f"{ADMIN}/")}

    assert f"{ADMIN}/turn/{failed.id}/change/" in followed
    assert {client.get(href).status_code for href in followed} == {200}


def test_a_request_shows_its_body_to_whoever_may_read_messages(
    failed: Turn, reviewer: Reviewer
) -> None:
    record = keep(
        failed,
        {"model": "claude-opus-5-5", "messages": [], "system": "Be brief."},
        response={"id": "msg_5"},
    )
    page = f"{ADMIN}/requestrecord/{record.id}/change/"

    shown = reviewer("view_requestrecord", "view_message").get(page).content.decode()

    assert "Be brief." in shown
    assert "msg_5" in shown


def test_a_request_without_that_right_shows_its_course_alone(
    failed: Turn, reviewer: Reviewer
) -> None:
    record = keep(failed, {"messages": [], "system": "Be brief."}, request_id="req_3")
    page = f"{ADMIN}/requestrecord/{record.id}/change/"

    shown = reviewer("view_requestrecord").get(page).content.decode()

    assert "Be brief." not in shown
    assert "req_3" in shown


def test_reading_a_request_is_noted_down(failed: Turn, open_admin: OpenAdmin) -> None:
    record = keep(failed, {"messages": []})

    open_admin(f"/requestrecord/{record.id}/change/")

    entry = LogEntry.objects.get(object_id=str(record.id))
    assert entry.change_message == "Viewed."
