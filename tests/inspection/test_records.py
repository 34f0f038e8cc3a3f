"""Requests as they are kept: cut, shared with earlier ones, and whole again."""

import json
from typing import Any

import pytest

from conversations.inspection.cutting import cut
from conversations.inspection.records import whole
from conversations.models import RequestRecord, Turn
from tests.inspection.keeping import keep
from tests.prompts.conftest import Thread

PHOTO = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo" * 10_000}


def said(role: str, text: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": [{"type": "text", "text": text, **more}]}


def body(*messages: dict[str, Any], **params: Any) -> dict[str, Any]:
    """Return params in the order in which they are sent."""
    return {
        "model": "claude-opus-5-5",
        "max_tokens": 1000,
        "messages": list(messages),
        "cache_control": {"type": "ephemeral"},
        "stream": True,
        **params,
    }


@pytest.fixture
def turn(thread: Thread) -> Turn:
    thread.user("One?")
    return thread.turn()


def sent(record: RequestRecord) -> str:
    """Return the kept body as text: its order counts."""
    [found] = whole([record], record.turn.conversation_id)
    return json.dumps(found.params)


def test_a_body_is_kept_as_it_was_sent(turn: Turn) -> None:
    params = body(said("user", "One? é \ud83d"), system="Be brief.")

    record = keep(turn, params, response={"id": "msg_1", "content": []})

    assert sent(record) == json.dumps(params)
    [found] = whole([record], turn.conversation_id)
    assert found.response == {"id": "msg_1", "content": []}


def test_later_requests_keep_only_what_is_new(turn: Turn) -> None:
    long = "word " * 2_000
    conversation = [said("user", "One?"), said("assistant", long), said("user", "2?")]
    first = keep(turn, body(conversation[0]))
    second = keep(turn, body(*conversation))
    conversation += [said("assistant", "Two."), said("user", "Three?")]
    third = keep(turn, body(*conversation))

    shared = [(row.previous_id, row.shared_messages) for row in (first, second, third)]
    assert shared == [(None, 0), (first.id, 1), (second.id, 3)]
    assert len(bytes(third.body)) < 300
    assert sent(third) == json.dumps(body(*conversation))
    assert sent(second) == json.dumps(body(*conversation[:3]))


def test_a_branch_shares_with_the_longest_it_begins_with(turn: Turn) -> None:
    start = [said("user", "One?"), said("assistant", "One."), said("user", "Two?")]
    keep(turn, body(start[0]))
    longer = keep(turn, body(*start))
    keep(turn, body(*start, said("assistant", "Two."), said("user", "Three?")))
    branch = [*start, said("assistant", "Another two."), said("user", "Three?")]

    record = keep(turn, body(*branch))

    assert (record.previous_id, record.shared_messages) == (longer.id, 3)
    assert sent(record) == json.dumps(body(*branch))


def test_a_retry_shares_everything(turn: Turn) -> None:
    params = body(said("user", "One?"), said("assistant", "1."), said("user", "2?"))
    first = keep(turn, params)

    again = keep(turn, params)

    assert (again.previous_id, again.shared_messages) == (first.id, 3)
    assert sent(again) == json.dumps(params)


def test_breakpoints_move_without_making_messages_new(turn: Turn) -> None:
    mark = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    first = keep(turn, body(said("user", "One?", **mark)))
    params = body(
        said("user", "One?"), said("assistant", "One.", **mark), said("user", "Two?")
    )

    second = keep(turn, params)

    assert second.previous_id == first.id
    assert sent(second) == json.dumps(params)
    assert sent(first) == json.dumps(body(said("user", "One?", **mark)))


def test_another_conversation_shares_nothing(turn: Turn, thread: Thread) -> None:
    messages = [said("user", "One?"), said("assistant", "1."), said("user", "2?")]
    keep(turn, body(*messages))
    other = Thread(thread.owner)
    other.user("One?")

    record = keep(other.turn(), body(*messages))

    assert (record.previous_id, record.shared_messages) == (None, 0)


def test_media_texts_of_files_and_ids_of_files_are_cut() -> None:
    note = {"type": "text", "media_type": "text/plain", "data": "private " * 100}
    result = {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": [{"type": "image", "source": PHOTO}],
    }
    blocks = [
        {"type": "image", "source": PHOTO},
        {"type": "document", "source": note, "title": "note.txt"},
        {"type": "document", "source": {"type": "file", "file_id": "file_011"}},
        result,
        {"type": "text", "text": "What is it?"},
    ]

    kept = cut([{"role": "user", "content": blocks}])

    text = json.dumps(kept)
    assert "iVBORw0KGgo" not in text
    assert "private" not in text
    assert "file_011" not in text
    assert "<110,000 characters of base64, " in text
    assert "<800 characters of text, " in text
    assert kept[0]["content"][4] == blocks[4]


def test_the_same_file_always_gives_the_same_stand_in() -> None:
    other = {**PHOTO, "data": "A" + PHOTO["data"][1:]}

    assert cut(PHOTO) == cut(dict(PHOTO))
    assert cut(PHOTO) != cut(other)
