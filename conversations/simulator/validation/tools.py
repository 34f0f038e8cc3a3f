"""Tool definitions, the choice among them, and the pairing of calls with results."""

import re
from typing import Any

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.models import Model
from conversations.simulator.prefix import spoken_turns
from conversations.simulator.validation.blocks import check_cache_control
from conversations.simulator.validation.shapes import (
    Check,
    a_bool,
    a_list,
    a_string,
    an_object,
    anything,
    check_object,
    join,
    one_of,
    tagged,
)
from conversations.simulator.validation.tools_declared import DECLARED, check_declared
from conversations.simulator.wire import Block, Json

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
MAX_STRICT_TOOLS = 20
CUSTOM_FIELDS: dict[str, Check] = {
    "type": one_of(("custom",)),
    "description": a_string,
    "strict": a_bool,
    "input_examples": a_list,
    "eager_input_streaming": a_bool,
    "defer_loading": a_bool,
    "allowed_callers": a_list,
    "cache_control": check_cache_control,
}


def check_tools(params: Json, model: Model) -> None:
    """Check `tools` and `tool_choice`."""
    names: set[str] = set()
    for index, tool in enumerate(params.get("tools") or []):
        path = f"tools.{index}"
        name = _check_tool(tool, path)
        if name in names:
            raise RequestRejected(
                f"{path}.name: tool names must be unique, '{name}' is used twice",
                details={"error_code": "tool_name_conflict"},
            )
        names.add(name)
    strict = [tool for tool in params.get("tools") or [] if tool.get("strict")]
    if len(strict) > MAX_STRICT_TOOLS:
        raise invalid("tools", f"at most {MAX_STRICT_TOOLS} strict tools are allowed")
    if params.get("tool_choice") is not None:
        _check_choice(params, names, model)


def _check_tool(tool: Any, path: str) -> str:
    an_object(tool, path)
    if str(tool.get("type")) in DECLARED:
        return check_declared(tool, path)
    check_object(
        tool, path, {"name": _check_name, "input_schema": _check_schema}, CUSTOM_FIELDS
    )
    return str(tool["name"])


def _check_name(value: Any, path: str) -> None:
    a_string(value, path)
    if not TOOL_NAME.match(value):
        raise invalid(path, f"String should match pattern '{TOOL_NAME.pattern[:-2]}'")


def _check_schema(value: Any, path: str) -> None:
    an_object(value, path)
    if value.get("type") != "object":
        raise invalid(join(path, "type"), "Input should be 'object'")
    for name in ("properties",):
        if value.get(name) is not None:
            an_object(value[name], join(path, name))
    if value.get("required") is not None:
        a_list(value["required"], join(path, "required"))


def _check_choice(params: Json, names: set[str], model: Model) -> None:
    choice = params["tool_choice"]
    kind = tagged(choice, "tool_choice", ("auto", "any", "tool", "none"))
    required: dict[str, Check] = {"type": anything}
    if kind == "tool":
        required["name"] = a_string
    optional = {} if kind == "none" else {"disable_parallel_tool_use": a_bool}
    check_object(choice, "tool_choice", required, optional)
    if not names:
        raise invalid("tool_choice", "may only be specified while providing `tools`")
    if kind == "tool" and choice["name"] not in names:
        raise invalid("tool_choice.name", f"Tool '{choice['name']}' not found")
    if kind in ("any", "tool"):
        _check_forcing(params, kind, model)


def _check_forcing(params: Json, kind: str, model: Model) -> None:
    if not model.takes_forced_tools:
        raise invalid(
            "tool_choice.type", f"'{kind}' is not supported by {model.id}; use 'auto'"
        )
    if (params.get("thinking") or {}).get("type") == "enabled":
        raise invalid(
            "tool_choice.type",
            f"'{kind}' may not be used while thinking is enabled",
        )


def check_pairing(params: Json) -> None:
    """Check that every tool call is answered at once, in full and only once."""
    seen: set[str] = set()
    open_ids: list[str] = []
    for role, blocks in spoken_turns(params):
        if role == "user":
            _check_results(blocks, open_ids)
        elif open_ids and role == "assistant":
            raise _unanswered(blocks[0][0], open_ids)
        if role != "system":
            open_ids = _new_calls(role, blocks, seen)
    if open_ids:
        raise _unanswered(f"messages.{len(params['messages']) - 1}", open_ids)


def _new_calls(role: str, blocks: list[tuple[str, Block]], seen: set[str]) -> list[str]:
    calls = []
    for path, block in blocks:
        if role == "assistant" and block["type"] == "tool_use":
            if block["id"] in seen:
                raise invalid(path, "`tool_use` ids must be unique")
            seen.add(block["id"])
            calls.append(block["id"])
    return calls


def _check_results(blocks: list[tuple[str, Block]], open_ids: list[str]) -> None:
    missing = list(open_ids)
    text_came = False
    for path, block in blocks:
        if block["type"] != "tool_result":
            text_came = True
            continue
        if block["tool_use_id"] not in missing:
            raise invalid(path, _unexpected(block["tool_use_id"], open_ids))
        if text_came:
            raise invalid(
                path, "`tool_result` blocks must come before other content blocks"
            )
        missing.remove(block["tool_use_id"])
    if missing:
        raise _unanswered(blocks[0][0], missing)


def _unexpected(tool_use_id: str, open_ids: list[str]) -> str:
    if tool_use_id in open_ids:
        return f"each tool_use must have a single result. Found several: {tool_use_id}"
    return (
        f"unexpected `tool_use_id` found in `tool_result` blocks: {tool_use_id}. Each "
        "`tool_result` block must have a corresponding `tool_use` block in the "
        "previous message."
    )


def _unanswered(path: str, ids: list[str]) -> RequestRejected:
    return invalid(
        path.removesuffix(".content.0"),
        "`tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(ids)}. Each `tool_use` block must have a corresponding "
        "`tool_result` block in the next message.",
    )
