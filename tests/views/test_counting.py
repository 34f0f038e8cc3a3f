"""A draft is counted, priced and weighed before it is sent; only its writer may ask."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from chatapp.accounts.models import User
from conversations import catalog
from conversations.models import Attachment, Kind, ModelCard, Provider, State
from conversations.prompts.compatibility import left_behind
from tests.prompts.conftest import Thread
from tests.views.stories import book

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/draft/count/"
OPUS = "claude-opus-5-5"
LONG = "word " * 6_000  # 10,000 tokens by the simulator's estimate


@pytest.fixture
def thread(alice: User) -> Thread:
    catalog.load_cards()
    return Thread(alice)


@pytest.fixture
def asker(client: Client, alice: User) -> Client:
    catalog.load_cards()
    client.force_login(alice)
    return client


def ask(client: Client, **command: Any) -> Any:
    body = {"type": "message.send", "text": "", **command}
    return client.post(URL, json.dumps(body), content_type="application/json")


def file_of(owner: User, content: str, **fields: Any) -> Attachment:
    item = Attachment(
        owner=owner,
        kind=Kind.TEXT,
        name="notes.txt",
        sha256=uuid4().hex * 2,
        size_bytes=len(content),
        sent_size_bytes=len(content),
        characters=len(content),
        media_type="text/plain",
        **fields,
    )
    item.file.save("notes.txt", ContentFile(content.encode()), save=False)
    item.save()
    return item


def test_a_first_message_is_counted_by_claude(asker: Client) -> None:
    counted = ask(asker, text=LONG).json()

    assert counted["input_tokens"] == 8 + 4 + 10_000
    assert counted["is_exact"] is True
    assert (counted["window"], counted["max_output"]) == (1_000_000, 64_000)
    assert counted["cached_tokens"] == 0
    assert counted["parts"] == [{"kind": "draft", "tokens": 10_012}]
    assert (counted["problem"], counted["largest"]) == (None, [])
    assert counted["conversation"] is None


def test_the_cost_lies_between_a_short_and_a_long_answer(asker: Client) -> None:
    counted = ask(asker, text=LONG).json()

    # 10,012 tokens written to the cache at 4 * 1.25, 200 or 2,000 at 20 USD per million.
    assert counted["cost_low_usd"] == "0.05406"
    assert counted["cost_high_usd"] == "0.09006"


def test_what_can_wait_costs_half(asker: Client) -> None:
    counted = ask(asker, text=LONG, later=True).json()

    assert counted["cost_low_usd"] == "0.02703"
    assert counted["cost_high_usd"] == "0.04503"


def test_the_whole_path_is_counted(asker: Client, thread: Thread) -> None:
    thread.user(LONG)
    thread.claude("Yes.")

    counted = ask(asker, text="And?", conversation=str(thread.conversation.id)).json()

    assert counted["input_tokens"] == 8 + 4 + 10_000 + 4 + 2 + 4 + 2
    assert [part["kind"] for part in counted["parts"]] == ["message", "draft"]
    assert sum(part["tokens"] for part in counted["parts"]) == counted["input_tokens"]


def test_an_edit_counts_what_stands_before_it(asker: Client, thread: Thread) -> None:
    thread.user("Hi")
    thread.claude("Yes.")
    edited = thread.user(LONG)
    thread.claude(LONG)

    counted = ask(asker, type="message.edit", message=str(edited.id), text="x").json()

    assert counted["input_tokens"] == 8 + 4 + 1 + 4 + 2 + 4 + 1


def test_files_are_counted_and_named(asker: Client, alice: User) -> None:
    item = file_of(alice, LONG)

    counted = ask(asker, text="Read it.", attachments=[str(item.id)]).json()

    assert counted["input_tokens"] > 10_000
    assert [part["kind"] for part in counted["parts"]] == ["file", "draft"]


def test_large_files_are_sent_to_be_counted_once(asker: Client, alice: User) -> None:
    item = file_of(alice, "word " * 60_000)

    first = ask(asker, text="Read it.", attachments=[str(item.id)]).json()
    item.file.storage.delete(str(item.file.name))
    longer = ask(asker, text="Read it, please.", attachments=[str(item.id)]).json()

    assert (first["is_exact"], longer["is_exact"]) == (True, True)
    assert longer["input_tokens"] - first["input_tokens"] == 6 - 3


def test_what_will_not_fit_names_the_largest(asker: Client, alice: User) -> None:
    ModelCard.objects.filter(model_id="claude-opus-5-5").update(max_input_tokens=9_000)
    item = file_of(alice, LONG)

    counted = ask(asker, text="Read it.", attachments=[str(item.id)]).json()

    assert counted["problem"].startswith("This will not fit: 1")
    assert "Claude Opus 5.5 reads at most 9,000" in counted["problem"]
    assert [entry["name"] for entry in counted["largest"]] == [
        "notes.txt",
        "This message",
    ]


def test_too_many_pages_are_said_too(asker: Client, alice: User) -> None:
    item = file_of(alice, "x", pages=700)

    counted = ask(asker, attachments=[str(item.id)]).json()

    assert "700 PDF pages" in counted["problem"]


def test_a_price_step_is_announced_and_told(asker: Client) -> None:
    near = ask(asker, text="x" * 285_000, model="claude-haiku-5-5").json()
    above = ask(asker, text="x" * 330_000, model="claude-haiku-5-5").json()

    assert near["notes"] == [
        "4,988 tokens are left until the whole prompt costs 5 times as much per token."
    ]
    assert above["notes"] == [
        "The prompt has more than 100,000 tokens: each of them costs 5 times as much."
    ]


def test_the_end_of_the_window_is_said(asker: Client) -> None:
    ModelCard.objects.filter(model_id="claude-opus-5-5").update(max_input_tokens=70_000)

    counted = ask(asker, text=LONG).json()

    assert counted["notes"] == [
        "Only 59,988 tokens are left for thinking and answer: a long one will be cut."
    ]


def test_an_unknown_price_is_unknown(asker: Client) -> None:
    ModelCard.objects.update(prices=None)

    counted = ask(asker, text=LONG).json()

    assert (counted["cost_low_usd"], counted["cost_high_usd"]) == (None, None)


@pytest.mark.parametrize(("changed", "cached"), [({}, 10_012), ({"effort": "low"}, 0)])
def test_what_is_cached_is_cheap_as_long_as_nothing_changes(
    asker: Client, thread: Thread, changed: dict[str, str], cached: int
) -> None:
    thread.user(LONG)
    turn = thread.turn(state=State.COMPLETED, started_at=timezone.now())
    thread.claude("Yes.", turn=turn, round=1)
    book(turn, cache_read_input_tokens=0, cache_creation_input_tokens=10_012)

    counted = ask(
        asker, text="And?", conversation=str(thread.conversation.id), **changed
    ).json()

    assert counted["cached_tokens"] == cached
    assert (counted["cached_until"] is not None) is bool(cached)
    assert counted["conversation"]["cost_usd"] == "0.7712"


def test_an_old_cache_is_gone(asker: Client, thread: Thread) -> None:
    thread.user(LONG)
    long_ago = timezone.now() - timedelta(minutes=6)
    turn = thread.turn(state=State.COMPLETED, started_at=long_ago)
    thread.claude("Yes.", turn=turn, round=1)
    book(turn)

    counted = ask(asker, conversation=str(thread.conversation.id)).json()

    assert (counted["cached_tokens"], counted["cached_until"]) == (0, None)


def test_without_claude_it_is_an_estimate(asker: Client, settings: Any) -> None:
    settings.ANTHROPIC_BASE_URL = "http://127.0.0.1:9"

    counted = ask(asker, text=LONG).json()

    assert counted["is_exact"] is False
    assert counted["input_tokens"] == 10_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ('{"type": "ping"}', 400),
        ('{"type": "message.send"}', 400),
        ('{"type": "message.send", "text": "x", "model": "llama"}', 400),
        ('{"type": "message.send", "text": "x", "tools": ["nothing"]}', 400),
    ],
)
def test_what_is_no_draft_is_refused(asker: Client, body: str, status: int) -> None:
    answer = asker.post(URL, body, content_type="application/json")

    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_nobody_counts_what_is_not_theirs(
    client: Client, bob: User, thread: Thread, alice: User
) -> None:
    message = thread.user("secret")
    item = file_of(alice, "secret")
    client.force_login(bob)

    foreign: list[dict[str, Any]] = [
        {"conversation": str(thread.conversation.id)},
        {"type": "message.edit", "message": str(message.id)},
        {"attachments": [str(item.id)]},
    ]

    assert [ask(client, **command).status_code for command in foreign] == [404] * 3


def test_strangers_and_pages_are_told_to_log_in_and_post(client: Client) -> None:
    assert ask(client, text="x").status_code == 401
    assert client.get(URL).status_code == 405


def test_models_that_do_not_fit_are_named_with_the_reason(
    asker: Client, alice: User
) -> None:
    ModelCard.objects.filter(model_id="claude-haiku-5-5").update(
        capabilities={"pdf_input": {"supported": False}}
    )
    paper = file_of(alice, "%PDF")
    Attachment.objects.filter(id=paper.id).update(kind=Kind.PDF, pages=1)

    counted = ask(asker, text="Hi", attachments=[str(paper.id)]).json()

    assert counted["misfits"] == {"claude-haiku-5-5": "no PDFs"}
    assert counted["problem"] is None


def test_thinking_of_another_account_stays_there(asker: Client, thread: Thread) -> None:
    provider = Provider.objects.create(
        name="Work", slug="work", kind="foundry", resource="our-team"
    )
    card = catalog.card_at(provider, "claude-opus-5-5")
    card.save()
    thread.user("Hi")
    turn = thread.turn(state=State.COMPLETED, model=card.model_id)
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    answer = thread.claude(thought, "Yes.", turn=turn)

    chat = str(thread.conversation.id)
    counted = ask(asker, text="And?", conversation=chat, model=OPUS).json()

    assert (
        "Claude's earlier thinking was done with Work and stays there:"
        " Claude Opus 5.5 goes on from the answers alone."
    ) in counted["notes"]
    assert left_behind(card, [answer]) is None


def test_thinking_that_the_model_cannot_read_is_named(
    asker: Client, thread: Thread
) -> None:
    thread.user("Hi")
    turn = thread.turn(state=State.COMPLETED, model="claude-opus-5-5")
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    thread.claude(thought, "Yes.", turn=turn, model="claude-opus-5-5")
    chat = str(thread.conversation.id)

    counted = [
        ask(asker, text="And?", conversation=chat, model=model).json()["notes"]
        for model in ("claude-haiku-5-5", "claude-opus-5-5")
    ]

    note = (
        "Claude Haiku 5.5 cannot read what Claude Opus 5.5 thought: it goes on from the"
        " answers alone."
    )
    assert [note in notes for notes in counted] == [True, False]
