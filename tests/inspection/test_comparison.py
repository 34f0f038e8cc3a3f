"""What is said about a request and the one before it."""

from typing import Any

import pytest

from conversations.inspection.comparison import compare

MARK = {"cache_control": {"type": "ephemeral"}}


def messages(*texts: str, **mark: Any) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": [{"type": "text", "text": text, **mark}]}
        for text in texts
    ]


FIRST = {"model": "a", "messages": messages("1")}


@pytest.mark.parametrize(
    ("params", "earlier", "sentence"),
    [
        (FIRST, FIRST, "The same request as the one before."),
        (
            {"model": "a", "messages": messages("1", "2", "3", **MARK)},
            FIRST,
            "Begins as the request before; 2 messages are new.",
        ),
        (
            {"model": "a", "messages": messages("1", "x", "3")},
            {"model": "a", "messages": messages("1", "2")},
            "Begins as the request before, but is another from message 2 on.",
        ),
        (
            {"model": "a", "messages": messages("1", "2")},
            FIRST,
            "Begins as the request before; one message is new.",
        ),
        (
            {"model": "b", "messages": messages("1"), "system": "Be brief."},
            FIRST,
            "Other than in the request before: the model and the system prompt.",
        ),
    ],
)
def test_it_is_said_in_a_sentence(
    params: dict[str, Any], earlier: dict[str, Any], sentence: str
) -> None:
    assert compare(params, earlier).sentence == sentence
