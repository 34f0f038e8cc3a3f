"""The official SDK is the oracle: the same bytes give the same message."""

import asyncio
import json
from typing import Any

import anthropic
import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.claude import MessageSnapshot

from .wire import PARAMS, client_for, sse, streamed

type Events = list[dict[str, Any]]

words = st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | words,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)
    ),
    max_leaves=6,
)
inputs = st.dictionaries(words, json_values, max_size=4)


@st.composite
def pieces(draw: st.DrawFn, text: str) -> list[str]:
    """Cut a text at random places; the pieces may be empty."""
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=4).map(sorted))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


citations = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.just("char_location"),
            "cited_text": words,
            "document_index": st.integers(0, 9),
            "document_title": st.none() | words,
            "start_char_index": st.integers(0, 99),
            "end_char_index": st.integers(0, 99),
            "file_id": st.none(),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("web_search_result_location"),
            "cited_text": words,
            "encrypted_index": words,
            "title": st.none() | words,
            "url": words,
        }
    ),
)


@st.composite
def text_blocks(draw: st.DrawFn) -> Events:
    """A text, with or without citations."""
    deltas: Events = [
        {"type": "text_delta", "text": piece} for piece in draw(pieces(draw(words)))
    ]
    deltas += [
        {"type": "citations_delta", "citation": citation}
        for citation in draw(st.lists(citations, max_size=2))
    ]
    start: dict[str, Any] = {"type": "text", "text": ""}
    start |= draw(st.sampled_from([{}, {"citations": None}, {"citations": []}]))
    return [start, *draw(st.permutations(deltas))]


@st.composite
def thinking_blocks(draw: st.DrawFn) -> Events:
    """Thinking, shown or omitted, with its signature at the end."""
    return [
        {"type": "thinking", "thinking": "", "signature": ""},
        *(
            {"type": "thinking_delta", "thinking": piece}
            for piece in draw(pieces(draw(words)))
        ),
        {"type": "signature_delta", "signature": draw(words)},
    ]


@st.composite
def tool_blocks(draw: st.DrawFn) -> Events:
    """A call of a client or server tool whose input comes in pieces."""
    start = {
        "type": draw(st.sampled_from(["tool_use", "server_tool_use"])),
        "id": "toolu_1",
        "name": "web_search",
        "input": {},
    }
    text = json.dumps(draw(inputs), ensure_ascii=draw(st.booleans()))
    cut = draw(st.just([]) | pieces(text))
    return [start, *({"type": "input_json_delta", "partial_json": p} for p in cut)]


@st.composite
def whole_blocks(draw: st.DrawFn) -> Events:
    """A block that arrives complete in its start, known or not."""
    result = {
        "type": "web_search_result",
        "url": draw(words),
        "title": draw(words),
        "page_age": None,
        "encrypted_content": draw(words),
    }
    return [
        draw(
            st.sampled_from(
                [
                    {"type": "redacted_thinking", "data": draw(words)},
                    {
                        "type": "web_search_tool_result",
                        "tool_use_id": "srvtoolu_1",
                        "content": [result],
                    },
                    {"type": "something_new", "values": draw(inputs)},
                ]
            )
        ),
        *draw(st.sampled_from([[], [{"type": "new_delta", "value": 1}]])),
    ]


blocks = text_blocks() | thinking_blocks() | tool_blocks() | whole_blocks()
counts = st.integers(0, 10_000)


@st.composite
def streams(draw: st.DrawFn) -> Events:
    """All events of one answer."""
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": draw(counts),
            "output_tokens": 1,
            "cache_read_input_tokens": draw(st.none() | counts),
            "service_tier": "standard",
        },
    }
    events: Events = [{"type": "message_start", "message": message}]
    for index, (start, *deltas) in enumerate(draw(st.lists(blocks, max_size=5))):
        events.append(
            {"type": "content_block_start", "index": index, "content_block": start}
        )
        events += [
            {"type": "content_block_delta", "index": index, "delta": delta}
            for delta in deltas
        ]
        events.append({"type": "content_block_stop", "index": index})
    events.append(draw(changes))
    return [*events, {"type": "message_stop"}]


changes = st.fixed_dictionaries(
    {
        "type": st.just("message_delta"),
        "delta": st.fixed_dictionaries(
            {
                "stop_reason": st.sampled_from(["end_turn", "tool_use", "refusal"]),
                "stop_sequence": st.none() | words,
            }
        ),
        "usage": st.fixed_dictionaries(
            {"output_tokens": counts},
            optional={
                "input_tokens": counts,
                "cache_read_input_tokens": counts,
                "cache_creation_input_tokens": counts,
                "server_tool_use": st.fixed_dictionaries(
                    {"web_search_requests": counts, "web_fetch_requests": counts}
                ),
                "output_tokens_details": st.fixed_dictionaries(
                    {"thinking_tokens": counts}
                ),
            },
        ),
    }
)


def _told_by_sdk(body: bytes) -> dict[str, Any]:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=headers, content=body)

    with (
        httpx2.Client(transport=httpx2.MockTransport(answer)) as http,
        anthropic.Anthropic(api_key="key", http_client=http) as sdk,
        sdk.messages.stream(**PARAMS) as stream,
    ):
        # A block that the SDK does not know makes pydantic warn.
        return stream.get_final_message().to_dict(warnings=False)


async def _told_by_us(chunks: list[bytes]) -> MessageSnapshot:
    client, _ = client_for(streamed(*chunks))
    snapshot = MessageSnapshot()
    async with client.stream(PARAMS) as stream:
        async for events in stream:
            for event in events:
                snapshot.apply(event)
    return snapshot


@settings(max_examples=150, deadline=None, database=None)
@given(st.data(), streams(), st.sampled_from(["\n", "\r\n"]))
def test_any_stream_in_any_pieces_is_the_message_of_the_sdk(
    data: st.DataObject, events: Events, newline: str
) -> None:
    body = sse(*events, newline=newline)
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=12).map(sorted))
    chunks = [
        body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True) if a < b
    ]

    ours = asyncio.run(_told_by_us(chunks))

    theirs = _told_by_sdk(body)
    assert ours.is_complete
    assert ours.blocks == theirs["content"]
    assert ours.usage == theirs["usage"]
    assert ours.stop_reason == theirs["stop_reason"]
