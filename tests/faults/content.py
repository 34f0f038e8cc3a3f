"""Content: blocks and deltas of every kind."""

from tests.turns.scripted import Event, block, ended, started, text, thinking

from .parts import grown, opened, shut
from .scripts import ATTEMPTS, Script, broken, sound
from .wire import MESSAGE_ID, PIECES, Attempt, sse, streamed

CITATION = {
    "type": "char_location",
    "cited_text": "attic",
    "document_index": 0,
    "document_title": "Notes",
    "start_char_index": 0,
    "end_char_index": 5,
}
SEARCH = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {},
}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [
        {
            "type": "web_search_result",
            "url": "https://example.com/",
            "title": "Kettles",
            "encrypted_content": "sealed",
            "page_age": None,
        }
    ],
}


def _message(*blocks: list[Event], stop_reason: str = "end_turn") -> Attempt:
    middle = [event for events in blocks for event in events]
    return streamed(sse(started(MESSAGE_ID), *middle, *ended(stop_reason)))


def _nested(depth: int) -> object:
    value: object = "deep"
    for _ in range(depth):
        value = {"in": value}
    return value


def _growing(*deltas: Event) -> list[Event]:
    return [opened(0, type="text", text=""), *deltas, shut(0)]


THINKING = thinking(0, "A kettle? ", "The attic.")
SEALED = [
    opened(0, type="thinking", thinking="", signature=""),
    grown(0, "signature_delta", signature="signed"),
    shut(0),
]
REDACTED = block(0, {"type": "redacted_thinking", "data": "sealed"})
NEW_BLOCK = block(0, {"type": "weather", "to": "rain"}, {"type": "rain_delta", "mm": 3})
CALL = block(
    0, SEARCH, {"type": "input_json_delta", "partial_json": '{"query": "kettles"}'}
)
FALLBACK = {"type": "fallback", "to": {"model": "claude-sonnet-5-5"}}

SCRIPTS: list[Script] = [
    sound("thinking", _message(THINKING, text(1, *PIECES))),
    sound("thinking-omitted", _message(SEALED, text(1, *PIECES))),
    sound("thinking-redacted", _message(REDACTED, text(1, *PIECES))),
    sound("thinking-alone", _message(THINKING), text=""),
    sound(
        "citations",
        _message(
            _growing(
                *(grown(0, "text_delta", text=piece) for piece in PIECES),
                grown(0, "citations_delta", citation=CITATION),
            )
        ),
    ),
    sound("server-tool", _message(CALL, block(1, FOUND), text(2, *PIECES))),
    sound("server-tool-without-result", _message(CALL, text(1, *PIECES))),
    sound(
        "server-tool-of-broken-json",
        _message(
            block(0, SEARCH, {"type": "input_json_delta", "partial_json": '{"query'}),
            block(1, FOUND),
            text(2, *PIECES),
        ),
    ),
    sound("new-block", _message(NEW_BLOCK, text(1, *PIECES))),
    sound(
        "new-delta",
        _message(
            _growing(
                grown(0, "glow_delta", glow=1),
                *(grown(0, "text_delta", text=piece) for piece in PIECES),
            )
        ),
    ),
    sound(
        "delta-in-the-wrong-block",
        _message(
            text(0, *PIECES)[:-1],
            [grown(0, "thinking_delta", thinking="Hm")],
            [shut(0)],
        ),
    ),
    sound(
        "text-with-its-start",
        _message(
            [
                opened(0, type="text", text=PIECES[0]),
                *(grown(0, "text_delta", text=piece) for piece in PIECES[1:]),
                shut(0),
            ]
        ),
    ),
    sound(
        "text-without-a-start",
        _message(
            [
                opened(0, type="text"),
                *(grown(0, "text_delta", text=piece) for piece in PIECES),
                shut(0),
            ]
        ),
    ),
    sound("another-model-goes-on", _message(block(0, FALLBACK), text(1, *PIECES))),
    sound("empty-answer", _message(), text=""),
    sound("empty-text", _message(text(0)), text=""),
    sound("empty-text-before-text", _message(text(0), text(1, *PIECES))),
    sound("blank-text", _message(text(0, "\n\n")), text="\n\n"),
    sound("empty-deltas", _message(text(0, "", PIECES[0], "", *PIECES[1:], ""))),
    sound(
        "300-blocks",
        _message(*(text(index, f"{index} ") for index in range(300))),
        text="".join(f"{index} " for index in range(300)),
    ),
    sound(
        "deep-block",
        _message(block(0, {"type": "weather", "is": _nested(300)}), text(1, *PIECES)),
    ),
    broken(
        "citation-that-is-none",
        _message(
            _growing(
                grown(0, "text_delta", text="Well."),
                grown(0, "citations_delta", citation="?"),
            )
        ),
        error="malformed_event",
        text="Well.",
    ),
    broken(
        "start-with-a-number",
        _message([grown(0, "text_delta", text="?")]),
        error="malformed_event",
        requests=ATTEMPTS,
        booked=ATTEMPTS,
        estimated=ATTEMPTS,
    ),
]
