"""Each repair by example: what is sent, what is stored, what people are told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from chatapp.accounts.models import User
from conversations.catalog import card_for
from conversations.claude import ClaudeError, InvalidRequest
from conversations.claude.errors import RateLimited
from conversations.models import Attachment, Kind, Repair, Turn
from conversations.prompts.build import build_prompt
from conversations.prompts.composing import user_blocks
from conversations.prompts.doctor import mend, mend_refused
from tests.prompts.conftest import Thread

type Json = dict[str, Any]

THOUGHT = {"type": "thinking", "thinking": "Hm", "signature": "c2ln"}
SECRET = {"type": "redacted_thinking", "data": "?"}
REFUSED = InvalidRequest(
    "messages.1.content.0: Invalid `signature` in `thinking` block", status=400
)


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def call(number: int, **fields: Any) -> Json:
    return {"type": "tool_use", "id": f"t{number}", "name": "c", "input": {}, **fields}


def search(number: int) -> Json:
    return {
        "type": "server_tool_use",
        "id": f"s{number}",
        "name": "web_search",
        "input": {},
    }


def found(number: int) -> Json:
    return {
        "type": "web_search_tool_result",
        "tool_use_id": f"s{number}",
        "content": [],
    }


def result(number: int) -> Json:
    return {"type": "tool_result", "tool_use_id": f"t{number}", "content": "4"}


def closed(number: int) -> Json:
    return {
        "type": "tool_result",
        "tool_use_id": f"t{number}",
        "content": "The call was interrupted. It has no result.",
        "is_error": True,
    }


def contents(turn: Turn) -> list[list[Json]]:
    """Return what is sent for a turn, after what there is to mend was mended."""
    mend(turn)
    prompt = build_prompt(turn, card_for(turn.model))
    assert not prompt.needs_mending
    return [message["content"] for message in prompt.params["messages"]]


def kinds(notices: list[dict[str, str]]) -> list[str]:
    return [notice["type"] for notice in notices]


def next_turn(thread: Thread, *words: str) -> Turn:
    """Return a turn for one more question; the one before it is over."""
    Turn.objects.update(state="completed")
    thread.user(*words)
    return thread.turn()


def test_sound_history_is_left_alone(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude(THOUGHT, text("Look"), call(1), search(1), found(1))
    thread.user(result(1), text("Go on"))
    thread.claude(THOUGHT, "Hello")
    turn = next_turn(thread, "And?")

    prompt = build_prompt(turn, card_for(turn.model))

    assert (prompt.needs_mending, mend(turn)) == (False, [])
    assert Repair.objects.count() == 0


@pytest.mark.parametrize("exchanges", [1, 3])
def test_building_takes_three_queries(
    thread: Thread, exchanges: int, django_assert_num_queries: Any
) -> None:
    for _ in range(exchanges):
        thread.user("Hi")
        thread.claude(THOUGHT, "Hello")
    next_turn(thread, "And?")
    turn = Turn.objects.select_related("conversation__prefix").get(state="running")
    card = card_for(turn.model)

    with django_assert_num_queries(4):
        build_prompt(turn, card)


def test_open_calls_are_closed_before_the_next_words(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude(THOUGHT, call(1), call(2, toolset_name="browser"))
    turn = next_turn(thread, "And?")
    assert build_prompt(turn, card_for(turn.model)).needs_mending

    notices = mend(turn)

    assert notices == [
        {
            "type": "call_closed",
            "message": "A tool call had been interrupted. Claude was told that it has no"
            " result.",
        }
    ]
    assert contents(turn) == [
        [text("Hi")],
        [THOUGHT, call(1), call(2, toolset_name="browser")],
        [closed(1), {**closed(2), "toolset_name": "browser"}, text("And?")],
    ]


def test_calls_with_a_result_are_not_closed_again(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude(call(1), call(2))
    thread.user(result(2))

    assert contents(next_turn(thread, "And?"))[2:] == [
        [closed(1), result(2)],
        [text("And?")],
    ]


def test_repair_stays_for_every_later_request(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude(call(1))
    before = contents(next_turn(thread, "And?"))
    thread.claude(THOUGHT, "Well")
    later = next_turn(thread, "So?")

    assert mend(later) == []
    assert contents(later) == [*before, [THOUGHT, text("Well")], [text("So?")]]


def test_edited_question_is_repaired_for_itself(thread: Thread) -> None:
    thread.user("Hi")
    answer = thread.claude(call(1))
    before = contents(next_turn(thread, "And?"))
    thread.leaf = answer
    edited = next_turn(thread, "And!")

    assert kinds(mend(edited)) == ["call_closed"]
    assert contents(edited) == [*before[:2], [closed(1), text("And!")]]


def test_unanswered_search_is_left_out(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude(THOUGHT, "I look", search(1), found(1), search(2))
    turn = next_turn(thread, "And?")

    assert mend(turn) == [
        {
            "type": "call_omitted",
            "message": "A tool call that never got its result was left out.",
        }
    ]
    assert contents(turn)[1] == [THOUGHT, text("I look"), search(1), found(1)]


def test_search_may_be_answered_in_the_next_round(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude(search(1), stop_reason="pause_turn")
    thread.claude(found(1), "Yes")

    assert mend(next_turn(thread, "And?")) == []


def test_code_that_waits_for_a_call_goes_with_it(thread: Thread) -> None:
    running = {**search(1), "name": "code_execution"}
    caller = {"type": "code_execution_20250825", "tool_id": "s1"}
    thread.user("Hi")
    thread.claude("I compute", running, call(1, caller=caller))

    assert contents(next_turn(thread, "And?")) == [
        [text("Hi")],
        [text("I compute")],
        [text("And?")],
    ]


def test_code_may_go_on_after_the_result_of_its_call(thread: Thread) -> None:
    running = {**search(1), "name": "code_execution"}
    caller = {"type": "code_execution_20250825", "tool_id": "s1"}
    thread.user("Hi")
    thread.claude(running, call(1, caller=caller))
    thread.user(result(1))
    thread.claude({**found(1), "type": "code_execution_tool_result"}, "Four")

    assert mend(next_turn(thread, "And?")) == []


def test_result_without_its_call_is_left_out(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude(call(1), stop_reason="refusal")
    thread.user(result(1))
    thread.claude(found(7), "Well")
    turn = next_turn(thread, "And?")

    assert kinds(mend(turn)) == ["result_omitted"]
    assert contents(turn) == [[text("Hi")], [text("Well")], [text("And?")]]


def test_thinking_is_left_out_once_it_was_refused(thread: Thread) -> None:
    thread.user("Hi")
    answer = thread.claude(SECRET, THOUGHT, "Hello")
    turn = next_turn(thread, "And?")

    notices = mend_refused(turn, REFUSED)

    assert notices == [
        {
            "type": "thinking_stripped",
            "message": "Claude could not read its earlier thinking here, so it was left"
            " out. The answers themselves are all there.",
        }
    ]
    assert contents(turn) == [[text("Hi")], [text("Hello")], [text("And?")]]
    # What Claude thinks from now on stays, and so does the branch beside it.
    thread.claude(THOUGHT, "Well")
    assert contents(next_turn(thread, "So?"))[1:4] == [
        [text("Hello")],
        [text("And?")],
        [THOUGHT, text("Well")],
    ]
    thread.leaf = answer
    assert contents(next_turn(thread, "Or?"))[1] == [SECRET, THOUGHT, text("Hello")]


@pytest.mark.parametrize(
    "message",
    [
        "Invalid signature in thinking block. The block is bound to a different"
        " conversation: …",
        "messages.3.content.0: Invalid `data` in `redacted_thinking` block",
        "messages.1.content.0.thinking.signature: Field required",
        "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot"
        " be modified.",
    ],
)
def test_every_way_to_refuse_thinking_is_understood(
    thread: Thread, message: str
) -> None:
    thread.user("Hi")
    thread.claude(THOUGHT, "Hello")
    turn = next_turn(thread, "And?")

    assert kinds(mend_refused(turn, InvalidRequest(message, status=400))) == [
        "thinking_stripped"
    ]


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequest("prompt is too long: 212512 tokens > 200000 maximum"),
        InvalidRequest("adaptive thinking is not supported on this model"),
        InvalidRequest("prefill is not supported while thinking is enabled"),
        RateLimited("Invalid `signature`"),
    ],
)
def test_other_refusals_cannot_be_mended(thread: Thread, error: ClaudeError) -> None:
    thread.user("Hi")
    thread.claude(THOUGHT, "Hello")
    turn = next_turn(thread, "And?")

    assert mend_refused(turn, error) == []
    assert contents(turn)[1] == [THOUGHT, text("Hello")]


def test_refusal_is_mended_once(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude(THOUGHT, "Hello")
    turn = next_turn(thread, "And?")
    mend_refused(turn, REFUSED)

    assert mend_refused(turn, REFUSED) == []


def test_nothing_is_mended_where_there_is_no_thinking(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude("Hello")

    assert mend_refused(next_turn(thread, "And?"), REFUSED) == []
    assert Repair.objects.count() == 0


def test_loop_whose_thinking_was_refused_goes_with_it(thread: Thread) -> None:
    """The API wants a running loop to keep its thinking: without it, no loop."""
    thread.user("Hi")
    thread.claude(THOUGHT, "I compute", call(1))
    turn = next_turn(thread, "And?")
    mend(turn)

    assert kinds(mend_refused(turn, REFUSED)) == ["thinking_stripped", "call_omitted"]
    assert contents(turn) == [[text("Hi")], [text("I compute")], [text("And?")]]


def lose_row(file: Attachment) -> None:
    file.delete()


def lose_bytes(file: Attachment) -> None:
    file.file.delete(save=False)


@pytest.mark.parametrize("lose", [lose_row, lose_bytes])
def test_lost_document_becomes_a_text_that_names_it(
    thread: Thread, store: Any, lose: Callable[[Attachment], None]
) -> None:
    paper = store(Kind.PDF, b"%PDF", media_type="application/pdf", name="p.pdf")
    notes = store(Kind.TEXT, b"Notes", media_type="text/plain", name="n.txt")
    thread.user(*user_blocks("What?", [paper, notes]))
    lose(paper)
    turn = thread.turn()

    notices = mend(turn)

    assert notices == [
        {
            "type": "file_gone",
            "message": 'The attached file "p.pdf" is no longer available. Claude was told'
            " so; attach it again if it matters.",
        }
    ]
    prompt = build_prompt(turn, card_for(turn.model))
    assert prompt.params["messages"][0]["content"][0] == {
        "type": "document",
        "source": {
            "type": "text",
            "media_type": "text/plain",
            "data": '[The attached file "p.pdf" is no longer available.]',
        },
        "title": "p.pdf",
        "citations": {"enabled": True},
    }
    # The notes are still document 1, for the citations of earlier answers.
    assert [(item["attachment"], item["title"]) for item in prompt.documents] == [
        (None, "p.pdf"),
        (str(notes.id), "n.txt"),
    ]


def test_lost_picture_becomes_a_text_for_ever(thread: Thread, store: Any) -> None:
    picture = store(Kind.IMAGE, b"png", media_type="image/png", name="cat.png")
    name = picture.file.name
    thread.user(*user_blocks("Look", [picture]))
    lose_bytes(picture)
    expected = [
        [text('[The attached file "cat.png" is no longer available.]'), text("Look")]
    ]

    assert contents(thread.turn()) == expected
    picture.file.storage.save(name, ContentFile(b"png"))
    assert contents(next_turn(thread, "And?"))[:1] == expected


def test_picture_without_a_row_has_no_name(thread: Thread, store: Any) -> None:
    picture = store(Kind.IMAGE, b"png", media_type="image/png", name="cat.png")
    thread.user(*user_blocks("Look", [picture]))
    picture.delete()

    assert contents(thread.turn())[0][0] == text(
        "[An attached file is no longer available.]"
    )


@pytest.mark.parametrize("reference", ["of bob's", "no key at all"])
def test_file_of_somebody_else_is_never_sent(
    thread: Thread, store: Any, bob: User, reference: str
) -> None:
    secret = store(Kind.IMAGE, b"secret", owner=bob, name="secret.png")
    key = str(secret.id) if reference == "of bob's" else "../../etc/passwd"
    thread.user("Hi")
    thread.claude({"type": "image", "source": {"type": "attachment", "id": key}})

    assert contents(next_turn(thread, "Show me"))[1] == [
        text("[An attached file is no longer available.]")
    ]


def test_thinking_after_a_lost_file_is_left_out(thread: Thread, store: Any) -> None:
    """It is signed over the file; the thinking before the file stays valid, but goes too."""
    picture = store(Kind.IMAGE, b"png", media_type="image/png")
    thread.user("Hi")
    thread.claude(THOUGHT, "Hello")
    thread.user(*user_blocks("Look", [picture]))
    thread.claude(THOUGHT, "A cat")
    lose_bytes(picture)
    turn = next_turn(thread, "And?")

    assert kinds(mend(turn)) == ["thinking_stripped", "file_gone"]
    assert [len(content) for content in contents(turn)] == [1, 1, 2, 1, 1]


def test_thinking_before_a_lost_file_stays(thread: Thread, store: Any) -> None:
    picture = store(Kind.IMAGE, b"png", media_type="image/png")
    thread.user("Hi")
    thread.claude(THOUGHT, "Hello")
    thread.user(*user_blocks("Look", [picture]))
    lose_bytes(picture)
    turn = thread.turn()

    assert kinds(mend(turn)) == ["file_gone"]
    assert contents(turn)[1] == [THOUGHT, text("Hello")]


@pytest.mark.parametrize("name", ["dog.png", "cat.png"])
def test_second_lost_file_is_told_alone(thread: Thread, store: Any, name: str) -> None:
    cat = store(Kind.IMAGE, b"png", media_type="image/png", name="cat.png")
    other = store(Kind.IMAGE, b"png", media_type="image/png", name=name)
    thread.user(*user_blocks("Look", [cat, other]))
    lose_bytes(cat)
    mend(thread.turn())
    lose_bytes(other)
    turn = next_turn(thread, "And?")

    notices = mend(turn)

    assert [notice["message"].split('"')[1] for notice in notices] == [name]
    assert list(Repair.objects.get().detail["files"]) == [str(cat.id), str(other.id)]
    assert mend(turn) == []
