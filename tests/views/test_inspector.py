"""The page of an answer's requests, as its owner sees it."""

import json
from typing import Any

import pytest
from django.test import Client

from chatapp.accounts.models import User
from conversations.models import State, Turn
from tests.inspection.keeping import keep
from tests.prompts.conftest import Thread
from tests.views.conftest import Html


@pytest.fixture
def turn(alice: User) -> Turn:
    thread = Thread(alice)
    thread.user("One?")
    return thread.turn(state=State.COMPLETED)


def body(*texts: str) -> dict[str, Any]:
    messages = [
        {
            "role": ("user", "assistant")[number % 2],
            "content": [{"type": "text", "text": text}],
        }
        for number, text in enumerate(texts)
    ]
    return {"model": "claude-opus-5-5", "messages": messages}


def url_of(turn: Turn) -> str:
    return f"/conversations/{turn.conversation_id}/turns/{turn.id}/requests/"


@pytest.fixture
def as_alice(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


def test_each_request_has_its_facts_and_texts(turn: Turn, as_alice: Client) -> None:
    usage = {"input_tokens": 12, "cache_read_input_tokens": 3456}
    keep(
        turn,
        body("One?"),
        request_id="req_7",
        first_byte_ms=120,
        first_text_ms=1500,
        total_ms=65_000,
        response={"id": "msg_1", "usage": usage},
    )
    keep(turn, body("One?", "<b>", "2?"), round=2, error={"type": "cancelled"})

    page = Html(as_alice.get(url_of(turn)))

    headings = page.texts("h2")
    assert headings == ["Request 1 of 2", "Request 2 of 2 · round 2"]
    text = page.one("main").text
    assert "req_7" in text
    assert "after 120 ms" in text
    assert "after 1.5 s" in text
    assert "after 1 min 5 s" in text
    assert "3,456 tokens" in text
    assert "Stopped: cancelled." in text
    assert "Begins as the request before; 2 messages are new." in text


def test_a_text_is_a_file(turn: Turn, as_alice: Client) -> None:
    keep(turn, body("One?"))

    answer = as_alice.get(f"{url_of(turn)}1/request.json")

    assert json.loads(answer.content) == body("One?")
    assert answer["Content-Disposition"] == 'attachment; filename="request.json"'
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["0/request.json", "2/request.json", "1/key.txt"])
def test_there_are_no_other_files(turn: Turn, as_alice: Client, path: str) -> None:
    keep(turn, body("One?"))

    assert as_alice.get(url_of(turn) + path).status_code == 404


def test_a_long_text_is_shown_from_its_beginning(turn: Turn, as_alice: Client) -> None:
    keep(turn, body("long " * 20_000 + "the end"))

    page = as_alice.get(url_of(turn)).content.decode()

    assert "Only the beginning is shown" in page
    assert "the end" not in page
    whole = as_alice.get(f"{url_of(turn)}1/request.json").content.decode()
    assert "the end" in whole


def test_without_a_record_it_says_why(turn: Turn, as_alice: Client) -> None:
    page = Html(as_alice.get(url_of(turn)))

    assert "No request of this answer is kept." in page.one("main").text


def test_a_turn_of_another_conversation_is_not_found(
    turn: Turn, as_alice: Client, alice: User
) -> None:
    other = Thread(alice)

    path = f"/conversations/{other.conversation.id}/turns/{turn.id}/requests/"

    assert as_alice.get(path).status_code == 404
