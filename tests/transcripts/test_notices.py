"""Which ways on an answer offers, by how it ended and what is kept of it."""

from typing import Any

import pytest

from conversations.models import Message, State, Turn
from conversations.transcripts.notices import Kept, notice_for

TEXT = Kept([Message()], can_go_on=True)
THOUGHTS = Kept([Message()])
NOTHING = Kept()
REST = Kept([Message()], can_go_on=True, is_rest=True)
NO_REST = Kept(can_go_on=True, is_rest=True)

CONTINUE = ("continue", "retry")
RETRY = ("retry",)


def error(action: str, *, retryable: bool = True) -> dict[str, Any]:
    return {"type": "api_error", "action": action, "retryable": retryable}


def ways_on(kept: Kept, state: State, **fields: Any) -> tuple[str, ...]:
    notice = notice_for(Turn(state=state, **fields), kept)
    return notice.actions if notice else ()


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (TEXT, CONTINUE),
        (REST, CONTINUE),
        (NO_REST, CONTINUE),
        (THOUGHTS, RETRY),
        (NOTHING, RETRY),
    ],
)
@pytest.mark.parametrize(
    ("state", "fields"),
    [
        (State.CANCELLED, {}),
        (State.INTERRUPTED, {"error": error("retry")}),
        (State.FAILED, {"error": error("retry")}),
        (State.FAILED, {"error": error("wait")}),
        (State.COMPLETED, {"stop_reason": "max_tokens"}),
        (State.COMPLETED, {"stop_reason": "pause_turn"}),
    ],
)
def test_what_was_cut_off_can_be_continued_if_there_is_any(
    state: State, fields: dict[str, Any], kept: Kept, expected: tuple[str, ...]
) -> None:
    assert ways_on(kept, state, **fields) == expected


@pytest.mark.parametrize(
    ("told", "with_text", "with_nothing"),
    [
        (error("continue", retryable=False), CONTINUE, RETRY),
        (error("ask_admin", retryable=False), CONTINUE, ()),
        (error("none", retryable=False), (), ()),
        (error("shorten", retryable=False), ("compact", "new"), ("compact", "new")),
        (error("change_model", retryable=False), ("change_model",), ("change_model",)),
    ],
)
def test_a_failure_offers_what_helps(
    told: dict[str, Any], with_text: tuple[str, ...], with_nothing: tuple[str, ...]
) -> None:
    ways = [ways_on(kept, State.FAILED, error=told) for kept in (TEXT, NOTHING)]

    assert ways == [with_text, with_nothing]


def test_a_full_memory_cannot_be_continued() -> None:
    stop_reason = "model_context_window_exceeded"

    ways = ways_on(TEXT, State.COMPLETED, stop_reason=stop_reason)

    assert ways == ("compact", "new", "change_model")


def written(*blocks: dict[str, Any], details: Any = None) -> Kept:
    message = Message(content=list(blocks), stop_details=details)
    return Kept([message], can_go_on=bool(blocks))


SAID = written({"type": "text", "text": "Well."})
REFUSED = {"type": "refusal", "category": "cyber", "explanation": "Not this."}


@pytest.mark.parametrize(
    ("stop_reason", "kept", "title", "message", "actions"),
    [
        ("end_turn", SAID, None, None, None),
        (
            "end_turn",
            written(),
            "Claude ended without a word",
            "Write another message, or have the question answered again.",
            RETRY,
        ),
        ("stop_sequence", SAID, None, None, None),
        (
            "max_tokens",
            SAID,
            "The answer reached its length limit",
            "Claude can go on where it was cut off.",
            CONTINUE,
        ),
        (
            "max_tokens",
            THOUGHTS,
            "The answer reached its length limit",
            "All of it went into thinking.",
            RETRY,
        ),
        (
            "max_tokens",
            Kept([Message()], is_json=True),
            "The answer reached its length limit",
            "What there is of the JSON is not complete. Ask for less at once.",
            RETRY,
        ),
        ("pause_turn", SAID, "Claude paused", "It can go on.", CONTINUE),
        ("tool_use", SAID, "Claude paused", "It can go on.", CONTINUE),
        (
            "refusal",
            written(details=REFUSED),
            "Claude declined to answer",
            "It may help to harm computer systems. Not this.",
            ("edit", "change_model"),
        ),
        (
            "model_context_window_exceeded",
            SAID,
            "The conversation has filled the model's memory",
            "Compact it to go on here, begin a new conversation, or choose a model that"
            " reads more.",
            ("compact", "new", "change_model"),
        ),
        (
            "tea_time",
            SAID,
            "The answer ended in an unusual way",
            "Claude gave a reason that Colloquy does not know: tea_time.",
            CONTINUE,
        ),
        (
            "",
            SAID,
            "The answer ended in an unusual way",
            "Claude gave no reason for it.",
            CONTINUE,
        ),
    ],
)
def test_each_stop_reason_is_told_in_words(
    stop_reason: str,
    kept: Kept,
    title: str | None,
    message: str | None,
    actions: tuple[str, ...] | None,
) -> None:
    notice = notice_for(Turn(state=State.COMPLETED, stop_reason=stop_reason), kept)

    shown = (notice.title, notice.message, notice.actions) if notice else (None,) * 3
    assert shown == (title, message, actions)


@pytest.mark.parametrize("state", [State.RUNNING, State.COMPLETED])
def test_all_is_well_while_it_runs_and_when_it_ended_by_itself(state: State) -> None:
    assert notice_for(Turn(state=state, stop_reason="end_turn"), SAID) is None


def test_a_turn_that_waits_for_a_server_says_so_and_no_more() -> None:
    notice = notice_for(Turn(state=State.QUEUED), NOTHING)

    assert notice
    assert (notice.kind, notice.title) == ("queued", "Waiting for a free server…")
    assert notice.actions == ("cancel",)


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (TEXT, ""),
        (NOTHING, "Nothing had been written yet."),
        (THOUGHTS, "Nothing had been written yet."),
        (REST, ""),
        (NO_REST, "Nothing more had been written yet."),
    ],
)
def test_a_stop_says_what_is_missing(kept: Kept, words: str) -> None:
    notice = notice_for(Turn(state=State.CANCELLED), kept)

    assert notice
    assert (notice.title, notice.message) == ("Stopped", words)
