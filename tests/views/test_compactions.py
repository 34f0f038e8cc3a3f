"""A conversation is compacted over HTTP, and its page shows where."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from chatapp.accounts.models import User
from conversations.models import Compaction, Message, State
from conversations.turns.compacting import compactor
from conversations.upstream import use_client
from tests.turns.scripted import ScriptedClient, answer
from tests.views.conftest import Html, Open
from tests.views.stories import OPUS, Story

SCRIPT = {"accept": "application/json"}


@pytest.fixture
def story(alice: User) -> Story:
    """Two exchanges."""
    story = Story(alice)
    story.exchanges(2)
    return story


def compacted(story: Story, message: Message, **fields: Any) -> Compaction:
    defaults: dict[str, Any] = {
        "state": State.COMPLETED,
        "kind": "block",
        "content": [{"type": "compaction", "content": "They *said* <b>hello</b>."}],
        "model": OPUS,
        "asked_by": story.conversation.owner,
        "message_count": 2,
        "tokens_before": 51_200,
        "tokens_after": 2_300,
    }
    return Compaction.objects.create(
        conversation=story.conversation, message=message, **(defaults | fields)
    )


def first_answer(story: Story) -> Message:
    found = story.conversation.messages.filter(role="assistant").order_by("id").first()
    assert found is not None
    return found


def test_the_divider_stands_under_the_answer_and_nothing_is_gone(
    story: Story, open_page: Open
) -> None:
    compacted(story, first_answer(story))

    page = open_page(story.url)

    [divider] = page.all("section", "compaction")
    [article] = [e for e in divider.ancestors if e.tag == "article"]
    assert article.attributes["data-message"] == str(first_answer(story).id)
    assert page.texts("summary", "compaction__line") == [
        "Compacted up to here: 2 messages, 51,200 → 2,300 tokens"
    ]
    assert "They said <b>hello</b>." in divider.text
    assert len(page.all("article")) == 4


def test_a_page_that_was_printed_before_shows_it_too(
    story: Story, open_page: Open
) -> None:
    assert open_page(story.url).all("section", "compaction") == []

    row = compacted(story, first_answer(story), state=State.RUNNING, content=[])
    running = open_page(story.url)
    Compaction.objects.filter(id=row.id).update(
        state=State.FAILED, error={"message": "Claude is overloaded."}
    )
    failed = open_page(story.url)
    Compaction.objects.filter(id=row.id).update(state=State.CANCELLED)
    cancelled = open_page(story.url)

    assert running.one("section", "compaction").text.startswith("Compacting")
    assert "Claude is overloaded." in failed.one("section", "compaction").text
    assert cancelled.all("section", "compaction") == []


def test_a_full_memory_that_was_compacted_is_no_dead_end(
    story: Story, open_page: Open
) -> None:
    question = story.ask(after=story.conversation.leaf)
    last = story.answer(question, stop_reason="model_context_window_exceeded")

    before = open_page(story.url).one("div", "notice")
    compacted(story, last)
    after = open_page(story.url).one("div", "notice")

    assert "Compact it to go on here" in before.text
    assert "go on with your next message" in after.text


def test_one_that_came_by_itself_says_so(story: Story, open_page: Open) -> None:
    compacted(story, first_answer(story), asked_by=None)

    page = open_page(story.url)

    assert "Compacted by itself up to here" in page.one("section", "compaction").text


def test_without_javascript_the_page_looks_again_while_it_runs(
    story: Story, open_page: Open
) -> None:
    compacted(story, first_answer(story), state=State.RUNNING, content=[])

    assert open_page(story.url).all("meta", http_equiv="refresh")


def test_a_summary_of_ours_is_shown_without_its_introduction(
    story: Story, open_page: Open
) -> None:
    content = [{"type": "text", "text": "This stands for it.\n\nThey said hello."}]
    compacted(story, first_answer(story), kind="summary", content=content)

    text = open_page(story.url).one("section", "compaction").text

    assert "They said hello." in text
    assert "This stands for it." not in text


def test_the_export_has_it(story: Story, client: Client, alice: User) -> None:
    row = compacted(story, first_answer(story))
    client.force_login(alice)

    stored = client.get(f"{story.url.rstrip('/')}.json").json()

    [told] = stored["compactions"]
    assert (told["id"], told["content"]) == (str(row.id), row.content)
    assert len(stored["messages"]) == 4


@pytest.fixture
async def asker(async_db: None, alice: User) -> AsyncClient:
    client = AsyncClient()
    await client.aforce_login(alice)
    return client


async def _wait() -> None:
    [row] = [row async for row in Compaction.objects.all()]
    await compactor.wait_for(row.id)


async def _story(alice: User) -> Story:
    story = await sync_to_async(Story)(alice)
    await sync_to_async(story.exchanges)(2)
    return story


async def test_a_script_is_told_what_was_begun(asker: AsyncClient, alice: User) -> None:
    story = await _story(alice)
    use_client(ScriptedClient(answer("They talked.")))

    begun = await asker.post(f"{story.url}compact/", headers=SCRIPT)
    await _wait()
    again = await asker.post(f"{story.url}compact/", headers=SCRIPT)

    assert (begun.status_code, begun.json()["compaction"]["messages"]) == (202, 4)
    assert again.status_code == 409
    assert again.json()["error"]["type"] == "nothing_to_compact"


async def test_a_form_is_sent_back_to_the_page(asker: AsyncClient, alice: User) -> None:
    story = await _story(alice)
    use_client(ScriptedClient(answer("They talked.")))

    begun = await asker.post(f"{story.url}compact/")
    await _wait()
    again = await asker.post(f"{story.url}compact/")

    assert (begun.status_code, begun.headers["Location"]) == (302, story.url)
    assert again.status_code == 409
    assert "compacted already" in Html(again).one("main").text


@pytest.mark.parametrize("leaf", ["x", "01900000-0000-7000-8000-000000000000"])
async def test_an_unknown_message_is_not_compacted_to(
    asker: AsyncClient, alice: User, leaf: str
) -> None:
    story = await _story(alice)

    refused = await asker.post(f"{story.url}compact/", {"leaf": leaf}, headers=SCRIPT)

    assert refused.status_code == 404
    assert not await Compaction.objects.aexists()


async def test_an_empty_conversation_has_nothing_to_compact(
    asker: AsyncClient, alice: User
) -> None:
    story = await sync_to_async(Story)(alice)

    refused = await asker.post(f"{story.url}compact/", headers=SCRIPT)

    assert refused.json()["error"]["message"] == (
        "There is no answer here yet to compact."
    )


async def test_it_is_cancelled(asker: AsyncClient, alice: User) -> None:
    story = await _story(alice)
    last = await story.conversation.messages.order_by("id").alast()
    assert last is not None
    row = await Compaction.objects.acreate(
        conversation=story.conversation, message=last, model=OPUS
    )
    url = f"{story.url}compactions/{row.id}/cancel/"

    answered = await asker.post(url, headers=SCRIPT)
    repeated = await asker.post(url)

    await row.arefresh_from_db()
    assert (answered.status_code, repeated.status_code) == (204, 302)
    assert row.state == State.CANCELLED


async def test_a_conversation_may_compact_itself(
    asker: AsyncClient, alice: User
) -> None:
    story = await _story(alice)
    url = f"{story.url}compact/itself/"

    switched_on = await asker.post(url, {"is_on": "1"}, headers=SCRIPT)
    await story.conversation.arefresh_from_db()
    is_on = story.conversation.compacts_itself
    shown = Html(await asker.get(story.url)).all("input", name="is_on")
    switched_off = await asker.post(url)
    await story.conversation.arefresh_from_db()

    assert (switched_on.status_code, switched_off.status_code) == (204, 302)
    assert (is_on, story.conversation.compacts_itself) == (True, False)
    assert [box.attributes.get("checked") for box in shown] == [""]
