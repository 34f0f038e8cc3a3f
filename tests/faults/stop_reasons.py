"""Stop reasons: every way in which Claude itself ends an answer."""

from typing import Any

from tests.turns.scripted import Event, block, ended, started, text, thinking

from .scripts import ATTEMPTS, Script, broken, failed, sound
from .wire import ANSWER, MESSAGE_ID, OVERLOADED, SOUND, Attempt, hello, sse, streamed

ROUNDS = 25  # of one turn, however often Claude pauses
HALF = "Half of it. "
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
INPUT = {"type": "input_json_delta", "partial_json": '{"to": "rain"}'}


def _ended(stop_reason: Any, **facts: Any) -> Attempt:
    *events, change, stop = hello()
    change["delta"] = {"stop_reason": stop_reason, "stop_sequence": None, **facts}
    return streamed(sse(*events, change, stop))


def _message(*events: Event, stop_reason: str = "end_turn", **facts: Any) -> Attempt:
    change, stop = ended(stop_reason)
    change["delta"] |= facts
    return streamed(sse(started(MESSAGE_ID), *events, change, stop))


def _refusal(*events: Event, **details: Any) -> Attempt:
    facts = {"stop_details": {"type": "refusal", **details}}
    return _message(*events, stop_reason="refusal", **facts)


PAUSE = _message(*text(0, HALF), stop_reason="pause_turn")
THINKING_PAUSE = _message(*thinking(0, "Hm."), *text(1, HALF), stop_reason="pause_turn")

REFUSALS: list[Script] = [
    sound(
        "refusal-at-once",
        _refusal(category="cyber", explanation="No."),
        text="",
        stop_reason="refusal",
    ),
    sound(
        "refusal-in-the-middle",
        _refusal(*text(0, HALF), category="bio"),
        text=HALF,
        stop_reason="refusal",
    ),
    sound(
        "refusal-without-category",
        _refusal(*text(0, HALF), category=None),
        text=HALF,
        stop_reason="refusal",
    ),
    sound(
        "refusal-without-details",
        _message(*text(0, HALF), stop_reason="refusal"),
        text=HALF,
        stop_reason="refusal",
    ),
    sound(
        "refusal-of-a-new-category",
        _refusal(*text(0, HALF), category="weather", explanation=None),
        text=HALF,
        stop_reason="refusal",
    ),
    sound(
        "refusal-in-the-thinking",
        _refusal(*thinking(0, "Hm."), category="cyber"),
        text="",
        stop_reason="refusal",
    ),
    sound(
        "refusal-with-odd-details",
        _message(*text(0, HALF), stop_reason="refusal", stop_details="no"),
        text=HALF,
        stop_reason="refusal",
    ),
    sound(
        "refusal-after-a-pause",
        PAUSE,
        _refusal(*text(0, "And"), category="cyber"),
        text=f"{HALF}And",
        stop_reason="refusal",
        rounds=2,
    ),
]

PAUSES: list[Script] = [
    sound("pause-once", PAUSE, SOUND, text=HALF + ANSWER, rounds=2),
    sound("pause-with-thinking", THINKING_PAUSE, SOUND, text=HALF + ANSWER, rounds=2),
    sound(
        "pause-24-times",
        *[PAUSE] * (ROUNDS - 1),
        SOUND,
        text=HALF * (ROUNDS - 1) + ANSWER,
        rounds=ROUNDS,
    ),
    failed(
        "pause-26-times",
        PAUSE,
        error="too_many_rounds",
        action="continue",
        text=HALF * ROUNDS,
        rounds=ROUNDS,
        requests=ROUNDS,
        booked=ROUNDS,
    ),
    broken(
        "pause-then-cut",
        PAUSE,
        streamed(sse(started(MESSAGE_ID), *text(0, "And"))),
        error="stream_ended_early",
        text=f"{HALF}And",
        rounds=2,
        requests=2,
        booked=2,
    ),
    failed(
        "pause-then-overloaded",
        PAUSE,
        OVERLOADED,
        error="overloaded_error",
        text=HALF,
        rounds=2,
        requests=1 + ATTEMPTS,
        booked=1,
    ),
]

CALLS: list[Script] = [
    broken(
        "tool-that-was-not-offered",
        _message(*text(0, HALF), *block(1, CALL, INPUT), stop_reason="tool_use"),
        error="tool_not_offered",
        text=HALF,
    ),
    broken(
        "tool-alone",
        _message(*block(0, CALL, INPUT), stop_reason="tool_use"),
        error="tool_not_offered",
    ),
    broken(
        "tool-use-without-a-call",
        _message(*text(0, HALF), stop_reason="tool_use"),
        error="tool_not_offered",
        text=HALF,
    ),
    sound(
        "call-cut-by-max-tokens",
        _message(*text(0, HALF), *block(1, CALL, INPUT), stop_reason="max_tokens"),
        text=HALF,
        stop_reason="max_tokens",
    ),
]

PLAIN: list[Script] = [
    sound("end-turn", _ended("end_turn")),
    sound("max-tokens", _ended("max_tokens"), stop_reason="max_tokens"),
    sound(
        "max-tokens-while-thinking",
        _message(*thinking(0, "Hm."), stop_reason="max_tokens"),
        text="",
        stop_reason="max_tokens",
    ),
    sound(
        "stop-sequence",
        _ended("stop_sequence", stop_sequence="END"),
        stop_reason="stop_sequence",
    ),
    sound(
        "window",
        _ended("model_context_window_exceeded"),
        stop_reason="model_context_window_exceeded",
    ),
    sound("compaction", _ended("compaction"), stop_reason="compaction"),
    sound("new-stop-reason", _ended("rained_off"), stop_reason="rained_off"),
    sound("no-stop-reason", _ended(None), stop_reason=""),
    broken(
        "stop-reason-that-is-a-number", _ended(7), error="malformed_event", text=ANSWER
    ),
    broken(
        "stop-reason-of-a-page", _ended("x" * 500), error="malformed_event", text=ANSWER
    ),
]

SCRIPTS = [*REFUSALS, *PAUSES, *CALLS, *PLAIN]
