"""The body of a request, from stored rows."""

import base64
from typing import Any

import pytest

from conversations.catalog import card_for
from conversations.models import Kind, Turn
from conversations.prompts.build import build_prompt
from conversations.prompts.composing import user_blocks
from tests.prompts.conftest import Thread
from tests.prompts.wire import on_the_wire

THOUGHT = {"type": "thinking", "thinking": "Hm", "signature": "c2ln"}


def params_of(turn: Turn) -> dict[str, Any]:
    return build_prompt(turn, card_for(turn.model)).params


def messages_of(turn: Turn) -> list[tuple[str, list[dict[str, Any]]]]:
    return [(item["role"], item["content"]) for item in params_of(turn)["messages"]]


def test_first_request_has_nothing_more_than_it_needs(thread: Thread) -> None:
    thread.user("Hi")

    assert params_of(thread.turn()) == {
        "model": "claude-opus-5-5",
        "max_tokens": 64_000,
        "metadata": {"user_id": thread.conversation.prefix.metadata_user_id},
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "thinking": {"type": "adaptive", "display": "summarized"},
        "cache_control": {"type": "ephemeral"},
    }


def test_user_id_tells_nothing_about_the_person(thread: Thread) -> None:
    user_id = thread.conversation.prefix.metadata_user_id

    assert len(user_id) == 64
    assert thread.owner.username not in user_id


def test_blocks_go_back_exactly_as_they_came(thread: Thread) -> None:
    strange = {"type": "from_the_future", "b": 1, "a": [2.0, 10**30]}
    thread.user("Hi")
    thread.claude(THOUGHT, strange, "Hello")
    thread.user("And?")

    turn = Turn.objects.get(id=thread.turn().id)

    assert messages_of(turn)[1] == (
        "assistant",
        [THOUGHT, strange, {"type": "text", "text": "Hello"}],
    )
    assert list(messages_of(turn)[1][1][1]) == ["type", "b", "a"]


def test_only_the_branch_of_the_question_is_sent(thread: Thread) -> None:
    first = thread.user("Hi")
    thread.claude("One")
    thread.leaf = first
    thread.claude("Two")
    thread.user("And?")

    assert [content[0]["text"] for _, content in messages_of(thread.turn())] == [
        "Hi",
        "Two",
        "And?",
    ]


def test_refused_silent_and_empty_content_is_left_out(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude("I will", stop_reason="refusal")
    thread.user("Why?")
    thread.claude(THOUGHT)
    thread.user("Hello?")
    thread.claude("", "Yes")
    thread.user("Good")

    assert [content for _, content in messages_of(thread.turn())] == [
        [{"type": "text", "text": word}]
        for word in ("Hi", "Why?", "Hello?", "Yes", "Good")
    ]


def test_later_request_begins_with_the_earlier_one(thread: Thread, store: Any) -> None:
    picture = store(Kind.IMAGE, b"png bytes", media_type="image/png")
    thread.user(*user_blocks("Look", [picture]))
    earlier = thread.turn()
    before = params_of(earlier)["messages"]
    earlier.state = "completed"
    earlier.save()

    thread.claude(THOUGHT, "I see", turn=earlier)
    thread.user("And?")

    assert params_of(thread.turn())["messages"][: len(before)] == before


def test_attachments_become_their_bytes(thread: Thread, store: Any) -> None:
    picture = store(Kind.IMAGE, b"png bytes", media_type="image/png")
    paper = store(
        Kind.PDF, b"%PDF", media_type="application/pdf", name="p.pdf", pages=3
    )
    notes = store(Kind.TEXT, "Grüße".encode(), media_type="text/plain", name="n.txt")
    thread.user(*user_blocks("What?", [paper, picture, notes]))

    prompt = build_prompt(thread.turn(), card_for("claude-opus-5-5"))

    assert on_the_wire(prompt.params)["messages"][0]["content"] == [
        {
            "type": "image",
            "source": {
                "type": "base64",
                "media_type": "image/png",
                "data": base64.b64encode(b"png bytes").decode(),
            },
        },
        {
            "type": "document",
            "source": {
                "type": "base64",
                "media_type": "application/pdf",
                "data": base64.b64encode(b"%PDF").decode(),
            },
            "title": "p.pdf",
            "citations": {"enabled": True},
        },
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"},
            "title": "n.txt",
            "citations": {"enabled": True},
        },
        {"type": "text", "text": "What?"},
    ]
    assert prompt.documents == [
        {
            "attachment": str(paper.id),
            "title": "p.pdf",
            "kind": "pdf",
            "href": f"/attachments/{paper.id}/",
        },
        {
            "attachment": str(notes.id),
            "title": "n.txt",
            "kind": "text",
            "href": f"/attachments/{notes.id}/",
        },
    ]


def test_several_pictures_are_labelled(store: Any) -> None:
    pictures = [store(Kind.IMAGE, b"x"), store(Kind.IMAGE, b"y")]

    blocks = user_blocks("Compare", pictures)

    assert [block.get("text", block["type"]) for block in blocks] == [
        "Image 1:",
        "image",
        "Image 2:",
        "image",
        "Compare",
    ]


def test_later_questions_do_not_change_what_was_sent(thread: Thread) -> None:
    """An answer of two rounds, of which the first one only thought."""
    thread.user("Hi")
    thread.claude(THOUGHT)
    thread.claude(THOUGHT, "Hello", THOUGHT)
    thread.user("And?")

    assert messages_of(thread.turn()) == [
        ("user", [{"type": "text", "text": "Hi"}]),
        ("assistant", [THOUGHT]),
        ("assistant", [THOUGHT, {"type": "text", "text": "Hello"}]),
        ("user", [{"type": "text", "text": "And?"}]),
    ]


def test_half_of_a_character_is_replaced(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude("A smile: \ud83d", "Ä \ud83d\ude00")
    thread.user("And?")

    assert messages_of(thread.turn())[1] == (
        "assistant",
        [
            {"type": "text", "text": "A smile: \ufffd"},
            {"type": "text", "text": "Ä \U0001f600"},
        ],
    )


def test_long_turn_gets_a_second_breakpoint(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude(THOUGHT, "Hello", THOUGHT)
    thread.user(*[f"Part {number}" for number in range(16)])

    messages = params_of(thread.turn())["messages"]

    marked = [
        (index, position)
        for index, message in enumerate(messages)
        for position, block in enumerate(message["content"])
        if "cache_control" in block
    ]
    assert marked == [(1, 1)]


def test_short_turn_needs_no_second_breakpoint(thread: Thread) -> None:
    thread.user("Hi")
    thread.claude("Hello")
    thread.user(*[f"Part {number}" for number in range(15)])

    messages = params_of(thread.turn())["messages"]

    assert all(
        "cache_control" not in block for item in messages for block in item["content"]
    )


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "expected"),
    [
        (
            "claude-opus-5-5",
            "max",
            "",
            {
                "thinking": {"type": "adaptive", "display": "summarized"},
                "output_config": {"effort": "max"},
            },
        ),
        (
            "claude-sonnet-5-5",
            "",
            "between_tools",
            {"thinking": {"type": "between_tools"}},
        ),
        ("claude-haiku-5-5", "", "disabled", {"thinking": {"type": "disabled"}}),
        ("claude-opus-4-8", "", "", {}),
        (
            "claude-opus-4-8",
            "",
            "adaptive",
            {"thinking": {"type": "adaptive", "display": "summarized"}},
        ),
        (
            "claude-haiku-4-5",
            "high",
            "enabled",
            {
                "thinking": {
                    "type": "enabled",
                    "display": "summarized",
                    "budget_tokens": 16_000,
                }
            },
        ),
        ("unheard-of", "max", "adaptive", {}),
    ],
)
def test_thinking_and_effort_follow_the_model(
    thread: Thread, model: str, effort: str, thinking: str, expected: dict[str, Any]
) -> None:
    thread.user("Hi")

    params = params_of(thread.turn(model=model, effort=effort, thinking=thinking))

    chosen = {
        key: params[key] for key in ("thinking", "output_config") if key in params
    }
    assert chosen == expected


def test_unknown_model_gets_the_safe_minimum(thread: Thread) -> None:
    thread.user("Hi")

    assert params_of(thread.turn(model="llama"))["max_tokens"] == 8_192
