"""The results of server tools, as they must come back: nothing of them may be missing."""

from collections.abc import Mapping
from typing import Any

from conversations.simulator.errors import invalid
from conversations.simulator.prefix import pieces
from conversations.simulator.validation.shapes import (
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
from conversations.simulator.wire import Json

SEALED = "sim-sealed:"


def check_results(params: Json) -> None:
    """Check the content of every result of a server tool."""
    for piece in pieces(params):
        kind = str(piece.block.get("type"))
        if piece.section != "messages" or kind not in CONTENTS:
            continue
        path = f"{piece.path}.content"
        content = piece.block["content"]
        if isinstance(content, list) and kind == "web_search_tool_result":
            list_of(_search_result)(content, path)
        else:
            _check_content(content, path, kind)


def _check_content(content: Any, path: str, kind: str) -> None:
    known = {**CONTENTS[kind], f"{kind}_error": _ERROR}
    found = tagged(content, path, tuple(known))
    required, optional = known[found]
    check_object(content, path, {"type": anything, **required}, optional)


def _search_result(value: Any, path: str) -> None:
    check_object(
        value,
        path,
        {
            "type": one_of(("web_search_result",)),
            "url": a_string,
            "title": a_string,
            "encrypted_content": a_string,
        },
        {"page_age": a_string},
    )
    if not value["encrypted_content"].startswith(SEALED):
        raise invalid(
            join(path, "encrypted_content"), "Invalid `encrypted_content` in result"
        )


def _files(kind: str) -> Any:
    def check(value: Any, path: str) -> None:
        check_object(value, path, {"type": one_of((kind,)), "file_id": a_string})

    return list_of(check)


def _run(kind: str) -> tuple[Fields, Fields]:
    return (
        {
            "stdout": a_string,
            "stderr": a_string,
            "return_code": an_integer(-255, 255),
            "content": _files(kind),
        },
        {},
    )


def _references(value: Any, path: str) -> None:
    a_list(value, path)
    for index, item in enumerate(value):
        check_object(
            item,
            join(path, index),
            {"type": one_of(("tool_reference",)), "tool_name": a_string},
        )


_ERROR: tuple[Fields, Fields] = ({"error_code": a_string}, {"error_message": a_string})
_COUNT = an_integer(0)
# type of the block -> type of its content -> required fields, optional fields
CONTENTS: Mapping[str, Mapping[str, tuple[Fields, Fields]]] = {
    "web_search_tool_result": {},
    "web_fetch_tool_result": {
        "web_fetch_result": (
            {"url": a_string, "content": an_object},
            {"retrieved_at": a_string},
        )
    },
    "code_execution_tool_result": {
        "code_execution_result": _run("code_execution_output"),
        "encrypted_code_execution_result": (
            {
                "encrypted_stdout": a_string,
                "stderr": a_string,
                "return_code": an_integer(-255, 255),
                "content": _files("code_execution_output"),
            },
            {},
        ),
    },
    "bash_code_execution_tool_result": {
        "bash_code_execution_result": _run("bash_code_execution_output")
    },
    "text_editor_code_execution_tool_result": {
        "text_editor_code_execution_view_result": (
            {"file_type": a_string, "content": a_string},
            {"num_lines": _COUNT, "start_line": _COUNT, "total_lines": _COUNT},
        ),
        "text_editor_code_execution_create_result": ({"is_file_update": a_bool}, {}),
        "text_editor_code_execution_str_replace_result": (
            {},
            {
                "old_start": _COUNT,
                "old_lines": _COUNT,
                "new_start": _COUNT,
                "new_lines": _COUNT,
                "lines": list_of(a_string),
            },
        ),
    },
    "tool_search_tool_result": {
        "tool_search_tool_search_result": ({"tool_references": _references}, {})
    },
}
