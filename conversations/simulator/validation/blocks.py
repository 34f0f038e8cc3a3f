"""The shape of each content block, and where it may stand."""

from collections.abc import Mapping
from typing import Any

from conversations.simulator.errors import invalid
from conversations.simulator.validation.shapes import (
    Check,
    Fields,
    a_bool,
    a_list,
    a_string,
    an_integer,
    an_object,
    anything,
    check_object,
    join,
    list_of,
    one_of,
    tagged,
)

IMAGE_MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
SERVER_TOOL_NAMES = (
    "web_search",
    "web_fetch",
    "code_execution",
    "bash_code_execution",
    "text_editor_code_execution",
    "tool_search_tool_regex",
    "tool_search_tool_bm25",
)
SERVER_RESULTS = (
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
)
PLACES: Mapping[str, tuple[str, ...]] = {
    "user": (
        "text",
        "image",
        "document",
        "search_result",
        "container_upload",
        "tool_result",
    ),
    "assistant": (
        "text",
        "thinking",
        "redacted_thinking",
        "tool_use",
        "server_tool_use",
        *SERVER_RESULTS,
        "container_upload",
        "compaction",
    ),
    "system": ("text",),
    "tool_result": ("text", "image", "document", "search_result", "tool_reference"),
}


def check_content(content: Any, path: str, place: str, version: str) -> None:
    """Check the content of a message: a string or a list of blocks."""
    if isinstance(content, str):
        return
    a_list(content, path)
    for index, block in enumerate(content):
        check_block(block, join(path, index), place, version)


def check_block(block: Any, path: str, place: str, version: str) -> None:
    """Check one content block of a message of role `place`, or in a tool result."""
    allowed = PLACES[place]
    if place == "assistant" and version < "2026-10-21":
        allowed = (*allowed, "document")
    kind = tagged(block, path, allowed)
    required, optional = FIELDS.get(kind, SERVER_RESULT_FIELDS)
    check_object(block, path, {"type": anything, **required}, optional)
    if kind == "text":
        check_text(block, path, place, version)
    elif kind == "tool_result":
        check_content(block.get("content") or [], join(path, "content"), kind, version)
    elif kind == "search_result":
        for index, inner in enumerate(block["content"]):
            inner_path = f"{path}.content.{index}"
            tagged(inner, inner_path, ("text",))
            check_block(inner, inner_path, "tool_result", version)


def check_text(block: dict[str, Any], path: str, place: str, version: str) -> None:
    """Check what a text block says, not only its shape."""
    if not block["text"]:
        raise invalid(path, "text content blocks must be non-empty")
    if not block["text"].strip():
        raise invalid(path, "text content blocks must contain non-whitespace text")
    if place == "assistant":
        return
    if block.get("citations") and version >= "2026-10-21":
        raise invalid(
            join(path, "citations"),
            "citations are only permitted on text blocks of assistant messages",
        )


def check_cache_control(value: Any, path: str) -> None:
    """Check a cache breakpoint."""
    check_object(
        value,
        path,
        {"type": one_of(("ephemeral",))},
        {"ttl": one_of(("5m", "1h"))},
    )


def check_image_source(source: Any, path: str) -> None:
    """Check where an image comes from."""
    kind = tagged(source, path, ("base64", "url", "file"))
    fields: dict[str, Fields] = {
        "base64": {"media_type": one_of(IMAGE_MEDIA_TYPES), "data": a_string},
        "url": {"url": a_string},
        "file": {"file_id": a_string},
    }
    check_object(source, path, {"type": anything, **fields[kind]})


def check_document_source(source: Any, path: str) -> None:
    """Check where a document comes from."""
    kind = tagged(source, path, ("base64", "text", "content", "url", "file"))
    fields: dict[str, Fields] = {
        "base64": {"media_type": one_of(("application/pdf",)), "data": a_string},
        "text": {"media_type": one_of(("text/plain",)), "data": a_string},
        "content": {"content": _document_content},
        "url": {"url": a_string},
        "file": {"file_id": a_string},
    }
    check_object(source, path, {"type": anything, **fields[kind]})


def _document_content(value: Any, path: str) -> None:
    if isinstance(value, str):
        return
    a_list(value, path)
    for index, block in enumerate(value):
        tagged(block, join(path, index), ("text", "image"))
        # The version matters for citations only, which never stand here.
        check_block(block, join(path, index), "tool_result", "2026-10-21")


def _citations_switch(value: Any, path: str) -> None:
    check_object(value, path, {}, {"enabled": a_bool})


def _citation(value: Any, path: str) -> None:
    kind = tagged(value, path, tuple(CITATIONS))
    required, optional = CITATIONS[kind]
    check_object(value, path, {"type": anything, **required}, optional)


def _transformations(value: Any, path: str) -> None:
    check_object(value, path, {}, {"oversized_image": one_of(("downsize", "error"))})


def _text_content(value: Any, path: str) -> None:
    list_of(an_object)(value, path)


def _string_or_blocks(value: Any, path: str) -> None:
    # The blocks are checked by check_content, which knows the API version.
    if not isinstance(value, str):
        a_list(value, path)


def _location(start: str, end: str, first: int = 0) -> tuple[Fields, Fields]:
    return (
        {
            "cited_text": a_string,
            "document_index": an_integer(0),
            start: an_integer(first),
            end: an_integer(first),
        },
        {"document_title": a_string, "file_id": a_string},
    )


CITATIONS: Mapping[str, tuple[Fields, Fields]] = {
    "char_location": _location("start_char_index", "end_char_index"),
    "page_location": _location("start_page_number", "end_page_number", first=1),
    "content_block_location": _location("start_block_index", "end_block_index"),
    "search_result_location": (
        {
            "cited_text": a_string,
            "search_result_index": an_integer(0),
            "source": a_string,
            "start_block_index": an_integer(0),
            "end_block_index": an_integer(0),
        },
        {"title": a_string},
    ),
    "web_search_result_location": (
        {"cited_text": a_string, "url": a_string, "encrypted_index": a_string},
        {"title": a_string},
    ),
}
_CACHE: dict[str, Check] = {"cache_control": check_cache_control}
_CALLER: dict[str, Check] = {"caller": an_object}
_TOOLSET: dict[str, Check] = {"toolset_name": a_string}

# type -> required fields, optional fields (besides `type`)
FIELDS: Mapping[str, tuple[Fields, Fields]] = {
    "text": ({"text": a_string}, {"citations": list_of(_citation), **_CACHE}),
    "image": (
        {"source": check_image_source},
        {"transformations": _transformations, **_CACHE},
    ),
    "document": (
        {"source": check_document_source},
        {
            "title": a_string,
            "context": a_string,
            "citations": _citations_switch,
            **_CACHE,
        },
    ),
    "search_result": (
        {"source": a_string, "title": a_string, "content": _text_content},
        {"citations": _citations_switch, **_CACHE},
    ),
    "container_upload": ({"file_id": a_string}, _CACHE),
    "thinking": ({"thinking": a_string, "signature": a_string}, {}),
    "redacted_thinking": ({"data": a_string}, {}),
    "tool_use": (
        {"id": a_string, "name": a_string, "input": an_object},
        {**_CALLER, **_TOOLSET, **_CACHE},
    ),
    "tool_result": (
        {"tool_use_id": a_string},
        {"content": _string_or_blocks, "is_error": a_bool, **_TOOLSET, **_CACHE},
    ),
    "compaction": (
        {},
        {
            "content": a_string,
            "encrypted_content": a_string,
            "signature": a_string,
            "tool_changes": a_list,
            **_CACHE,
        },
    ),
    "tool_reference": ({"tool_name": a_string}, _CACHE),
    "server_tool_use": (
        {"id": a_string, "name": one_of(SERVER_TOOL_NAMES), "input": an_object},
        {**_CALLER, **_CACHE},
    ),
}
SERVER_RESULT_FIELDS: tuple[Fields, Fields] = (
    {"tool_use_id": a_string, "content": anything},
    {**_CALLER, **_CACHE},
)
