"""The snapshot: every kind of event, and what a stopped turn keeps."""

import copy
from typing import Any

import pytest

from conversations.claude import MalformedEvent, MessageSnapshot

from .wire import HELLO, START, STOP

CITATION = {"type": "char_location", "cited_text": "x", "document_index": 0}


def _block(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> list[Any]:
    """Return the events of one block, without its end."""
    return [
        {"type": "content_block_start", "index": index, "content_block": block},
        *(
            {"type": "content_block_delta", "index": index, "delta": delta}
            for delta in deltas
        ),
    ]


def _end(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text_delta", "text": text}


def _json(partial_json: str) -> dict[str, Any]:
    return {"type": "input_json_delta", "partial_json": partial_json}


def _folded(*events: dict[str, Any]) -> MessageSnapshot:
    snapshot = MessageSnapshot()
    for event in events:
        snapshot.apply(event)
    return snapshot


def _content(block: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return _folded(START, *_block(0, block, *deltas), _end(0)).blocks


def test_a_whole_stream_is_the_whole_message() -> None:
    events = copy.deepcopy(HELLO)

    snapshot = _folded(*events)

    assert snapshot.message == START["message"] | {
        "content": [{"type": "text", "text": "Grüß Gott"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 12, "output_tokens": 5},
    }
    assert snapshot.is_complete
    assert snapshot.stop_reason == "end_turn"
    assert snapshot.as_param() == {
        "role": "assistant",
        "content": [{"type": "text", "text": "Grüß Gott"}],
    }
    # Others read the same events after us.
    assert events == HELLO


def test_before_the_start_there_is_nothing() -> None:
    snapshot = MessageSnapshot()

    assert (snapshot.message, snapshot.blocks, snapshot.usage) == ({}, [], {})
    assert (snapshot.stop_reason, snapshot.is_complete) == (None, False)
    assert snapshot.kept_content() == []


@pytest.mark.parametrize(
    ("block", "deltas", "expected"),
    [
        (
            {"type": "text", "text": ""},
            [_text("a"), _text(""), _text("b")],
            {"type": "text", "text": "ab"},
        ),
        (
            {"type": "text", "text": "", "citations": None},
            [_text("a"), {"type": "citations_delta", "citation": CITATION}],
            {"type": "text", "text": "a", "citations": [CITATION]},
        ),
        (
            {"type": "text", "text": "", "citations": [CITATION]},
            [{"type": "citations_delta", "citation": CITATION}],
            {"type": "text", "text": "", "citations": [CITATION, CITATION]},
        ),
        (
            {"type": "thinking", "thinking": "", "signature": ""},
            [
                {"type": "thinking_delta", "thinking": "Hm"},
                {"type": "thinking_delta", "thinking": "", "estimated_tokens": 50},
                {"type": "signature_delta", "signature": "first"},
                {"type": "signature_delta", "signature": "last"},
            ],
            {"type": "thinking", "thinking": "Hm", "signature": "last"},
        ),
        (
            {"type": "redacted_thinking", "data": "opaque"},
            [],
            {"type": "redacted_thinking", "data": "opaque"},
        ),
        (
            {"type": "tool_use", "id": "t", "name": "n", "input": {}},
            [_json(""), _json('{"b": 1, '), _json('"a": [2]}')],
            {"type": "tool_use", "id": "t", "name": "n", "input": {"b": 1, "a": [2]}},
        ),
        (
            {"type": "tool_use", "id": "t", "name": "n", "input": {}},
            [_json("")],
            {"type": "tool_use", "id": "t", "name": "n", "input": {}},
        ),
        (
            {"type": "server_tool_use", "id": "s", "name": "n", "input": {"whole": 1}},
            [],
            {"type": "server_tool_use", "id": "s", "name": "n", "input": {"whole": 1}},
        ),
        (
            {"type": "compaction", "content": None, "signature": "s"},
            [{"type": "compaction_delta", "content": "c", "encrypted_content": "e"}],
            {
                "type": "compaction",
                "content": "c",
                "signature": "s",
                "encrypted_content": "e",
            },
        ),
        (
            {"type": "something_new", "input": {}},
            [_json('{"a": 1}'), _text("also")],
            {"type": "something_new", "input": {"a": 1}, "text": "also"},
        ),
    ],
)
def test_each_delta_grows_its_block(
    block: dict[str, Any], deltas: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    assert _content(block, *deltas) == [expected]


def test_the_order_of_keys_stays() -> None:
    [block] = _content(
        {"type": "tool_use", "name": "n", "input": {}, "id": "t"},
        _json('{"z": 1, "a": {"y": 2, "b": 3}}'),
    )

    assert list(block) == ["type", "name", "input", "id"]
    assert (list(block["input"]), list(block["input"]["a"])) == (["z", "a"], ["y", "b"])


@pytest.mark.parametrize(
    ("block", "delta"),
    [
        ({"type": "text", "text": ""}, {"type": "something_new", "a": 1}),
        ({"type": "something_new"}, {"type": "something_newer"}),
        ({"type": "text", "text": ""}, _json('{"a": 1}')),
        ({"type": "thinking", "thinking": ""}, _text("a")),
        ({"type": "tool_use", "input": {}}, {"type": "signature_delta"}),
    ],
)
def test_a_delta_that_fits_nowhere_is_kept_aside(
    block: dict[str, Any], delta: dict[str, Any]
) -> None:
    snapshot = _folded(START, *_block(0, block, delta), _end(0))

    assert snapshot.blocks == [block]
    assert snapshot.unknown_deltas == {0: [delta]}


@pytest.mark.parametrize("raw", ['{"a": ', "[1]", "[" * 100_000])
def test_an_input_that_is_no_object_is_kept_aside(raw: str) -> None:
    block = {"type": "tool_use", "id": "t", "name": "n", "input": {}}

    snapshot = _folded(START, *_block(0, block, _json(raw)), _end(0))

    assert snapshot.blocks == [block]
    assert snapshot.invalid_inputs == {0: raw}


def test_usage_is_overwritten_and_what_is_absent_stays() -> None:
    start = copy.deepcopy(START)
    start["message"]["usage"] = {
        "input_tokens": 12,
        "output_tokens": 1,
        "cache_read_input_tokens": 50,
        "cache_creation": {"ephemeral_5m_input_tokens": 9},
        "service_tier": "standard",
    }

    snapshot = _folded(
        start,
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 30}},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {
                "input_tokens": 20,
                "cache_read_input_tokens": None,
                "output_tokens": 44,
                "output_tokens_details": {"thinking_tokens": 7},
                "server_tool_use": {"web_search_requests": 1},
            },
        },
    )

    assert snapshot.usage == {
        "input_tokens": 20,
        "output_tokens": 44,
        "cache_read_input_tokens": 50,
        "cache_creation": {"ephemeral_5m_input_tokens": 9},
        "service_tier": "standard",
        "output_tokens_details": {"thinking_tokens": 7},
        "server_tool_use": {"web_search_requests": 1},
    }
    assert not snapshot.is_complete


def test_message_delta_sets_everything_it_names() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "No"}
    start = copy.deepcopy(START)
    start["message"]["container"] = {"id": "c_1"}
    start["message"]["input_transformations"] = ["start"]

    snapshot = _folded(
        start,
        {
            "type": "message_delta",
            "delta": {
                "stop_reason": "refusal",
                "stop_sequence": None,
                "stop_details": details,
                "container": None,
            },
            "usage": None,
            "context_management": {"applied_edits": []},
            "input_transformations": ["delta"],
        },
    )

    assert snapshot.message == start["message"] | {
        "stop_reason": "refusal",
        "stop_details": details,
        "context_management": {"applied_edits": []},
        "input_transformations": ["delta"],
    }


def test_a_container_that_is_named_replaces() -> None:
    change = {"type": "message_delta", "delta": {"container": {"id": "c_2"}}}

    assert _folded(START, change).message["container"] == {"id": "c_2"}


def test_a_fallback_block_names_the_model_that_answers() -> None:
    fallback = {
        "type": "fallback",
        "from": {"model": "claude-opus-5-5"},
        "to": {"model": "claude-opus-4-8"},
    }

    snapshot = _folded(START, *_block(0, fallback), _end(0))

    assert snapshot.blocks == [fallback]
    assert snapshot.message["model"] == "claude-opus-4-8"


@pytest.mark.parametrize("type_", ["ping", "something_new"])
def test_unknown_events_change_nothing(type_: str) -> None:
    snapshot = _folded({"type": type_}, START, {"type": type_}, {"no": "type"})

    assert snapshot.message == START["message"]


def test_message_stop_ends_blocks_whose_end_was_forgotten() -> None:
    tool = {"type": "tool_use", "id": "t", "name": "n", "input": {}}

    snapshot = _folded(START, *_block(0, tool, _json('{"a": 1}')), STOP)

    assert snapshot.blocks == [tool | {"input": {"a": 1}}]
    assert (snapshot.open_indexes, snapshot.is_complete) == ((), True)


@pytest.mark.parametrize(
    "events",
    [
        [STOP],
        [_end(0)],
        [START, START],
        [START, STOP, STOP],
        [START, STOP, _end(0)],
        [START, _end(0)],
        [START, *_block(1, {"type": "text", "text": ""})],
        [START, *_block(0, {"type": "text", "text": ""})[:1] * 2],
        [START, *_block(0, {"type": "text"}, _text("a")), _end(0), _end(0)],
        [START, _block(0, {}, _text("a"))[1]],
        [START, *_block(0, {"type": "text", "text": ""}, {"type": "text_delta"})],
        [START, *_block(0, {"type": "text", "text": ""}, {"text": "no type"})],
        [START, *_block(0, {"type": "fallback"})],
        [START, {"type": "content_block_start"}],
        [START, {"type": "message_delta", "delta": None}],
        [{"type": "message_start"}],
        [{"type": "message_start", "message": "no object"}],
    ],
)
def test_an_impossible_event_is_malformed(events: list[dict[str, Any]]) -> None:
    snapshot = _folded(*events[:-1])

    with pytest.raises(MalformedEvent):
        snapshot.apply(events[-1])


THINKING = {"type": "thinking", "thinking": "Hm", "signature": "s"}
SEARCH = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}}
RESULT = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []}
CALL = {"type": "tool_use", "id": "t", "name": "n", "input": {}}


def test_a_stopped_turn_keeps_finished_blocks_and_the_open_text() -> None:
    text = {"type": "text", "text": ""}
    cited = {"type": "citations_delta", "citation": CITATION}

    snapshot = _folded(
        START,
        *[*_block(0, THINKING), _end(0)],
        *[*_block(1, CALL), _end(1)],
        *_block(2, text, _text("Half a sent"), cited),
    )

    readable = {"type": "text", "text": "Half a sent", "citations": [CITATION]}
    assert snapshot.finished_blocks() == [THINKING, CALL]
    assert snapshot.open_indexes == (2,)
    assert snapshot.kept_content() == [THINKING, CALL, readable]


@pytest.mark.parametrize(
    ("block", "delta"),
    [
        ({"type": "text", "text": ""}, None),
        (
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "Hm"},
        ),
        (CALL, _json('{"a": ')),
        (SEARCH, _json('{"query": ')),
        ({"type": "something_new"}, None),
    ],
)
def test_a_stopped_turn_drops_what_is_cut(
    block: dict[str, Any], delta: dict[str, Any] | None
) -> None:
    deltas = [delta] if delta else []

    snapshot = _folded(START, *_block(0, THINKING), _end(0), *_block(1, block, *deltas))

    assert snapshot.open_indexes == (1,)
    assert snapshot.kept_content() == [THINKING]


def test_a_stopped_turn_drops_what_could_not_be_sent_back() -> None:
    empty: dict[str, Any] = {"type": "text", "text": ""}
    pending = SEARCH | {"id": "srv_2"}
    blocks = [empty, SEARCH, RESULT, pending]

    snapshot = _folded(
        START,
        *[
            event
            for index, block in enumerate(blocks)
            for event in [*_block(index, block), _end(index)]
        ],
    )

    assert snapshot.finished_blocks() == blocks
    assert snapshot.kept_content() == [SEARCH, RESULT]


@pytest.mark.parametrize(
    "block",
    [
        {},
        {"type": ""},
        {"type": 5},
        {"type": "text", "text": 5},
        {"type": "thinking", "thinking": ["?"]},
    ],
)
def test_a_block_that_nobody_could_read_is_malformed(block: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        _folded(START, *_block(0, block))


@pytest.mark.parametrize("type_", ["text", "thinking"])
def test_the_empty_beginning_of_a_block_may_be_left_out(type_: str) -> None:
    assert _content({"type": type_}) == [{"type": type_, type_: ""}]
    assert _content({"type": type_, type_: None}) == [{"type": type_, type_: ""}]


@pytest.mark.parametrize(
    ("block", "delta"),
    [
        ({"type": "text", "text": ""}, {"type": "text_delta", "text": 5}),
        ({"type": "text", "text": ""}, {"type": "text_delta", "text": None}),
        ({"type": "text", "text": ""}, {"type": "citations_delta", "citation": "?"}),
        ({"type": "thinking"}, {"type": "thinking_delta", "thinking": None}),
        ({"type": "thinking"}, {"type": "signature_delta", "signature": 5}),
        ({"type": "tool_use"}, {"type": "input_json_delta", "partial_json": {}}),
    ],
)
def test_a_delta_of_the_wrong_kind_of_value_is_malformed(
    block: dict[str, Any], delta: dict[str, Any]
) -> None:
    with pytest.raises(MalformedEvent):
        _folded(START, *_block(0, block, delta))


@pytest.mark.parametrize(
    "facts", [{"id": 5}, {"id": "x" * 201}, {"model": ["?"]}, {"stop_reason": "x" * 41}]
)
def test_a_name_that_is_none_is_malformed(facts: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        _folded({**START, "message": START["message"] | facts})


def test_counts_that_are_none_are_left_out() -> None:
    counted = {
        "input_tokens": "many",
        "cache_read_input_tokens": -1,
        "cache_creation_input_tokens": 2**31,
        "output_tokens": True,
        "cache_creation": 5,
        "output_tokens_details": {"thinking_tokens": 1.5},
        "server_tool_use": {"web_search_requests": 2},
        "service_tier": "standard",
    }

    snapshot = _folded({**START, "message": START["message"] | {"usage": counted}})

    assert snapshot.usage == {
        "server_tool_use": {"web_search_requests": 2},
        "service_tier": "standard",
    }


def test_message_delta_changes_no_content() -> None:
    text = _block(0, {"type": "text", "text": "Hello"})
    change = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "content": "?", "id": "msg_2"},
        "usage": {"output_tokens": 5},
        "content": [],
        "role": "user",
    }

    snapshot = _folded(START, *text, _end(0), change)

    assert snapshot.message == START["message"] | {
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 12, "output_tokens": 5},
    }


@pytest.mark.parametrize(
    ("container", "found"),
    [
        (None, ""),
        ({"id": "container_1", "expires_at": "2026-11-22T12:00:00Z"}, "container_1"),
        ({"id": 7}, ""),
        ({"id": "x" * 201}, ""),
        ("container_1", ""),
    ],
)
def test_the_container_is_known_at_the_end(container: object, found: str) -> None:
    snapshot = MessageSnapshot()
    snapshot.apply({"type": "message_start", "message": {"content": []}})
    assert snapshot.container_id == ""

    snapshot.apply({"type": "message_delta", "delta": {"container": container}})

    assert snapshot.container_id == found
