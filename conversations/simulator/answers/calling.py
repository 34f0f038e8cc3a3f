"""Calling the client tools that a prompt plainly asks for."""

import hashlib
import json
import re
from typing import Any

from conversations.simulator.answers.question import Question, excerpt
from conversations.simulator.prefix import content_blocks
from conversations.simulator.signatures import short_digest
from conversations.simulator.wire import Block, Json

ARITHMETIC = re.compile(
    r"(?:[-+]?\(*\s*)?\d[\d.,]*\)*(?:\s*(?:\*\*|[-+*/\u00d7÷^%])\s*\(*\s*-?\d[\d.]*\)*)+"
)
QUOTED = re.compile(r"[\"`“\u2018]([^\"`”\u2019]+)[\"`”\u2019]")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
PLACE = re.compile(r"\b(?:in|at|for|near)\s+((?:[A-Z][\w-]*\s?)+)")


def choose_calls(params: Json, question: Question) -> list[tuple[str, Json]]:
    """Return the tools to call with their input, or nothing."""
    tools = [tool for tool in params.get("tools") or [] if "input_schema" in tool]
    choice = params.get("tool_choice") or {"type": "auto"}
    if choice["type"] == "none" or not tools:
        return []
    if choice["type"] == "tool":
        wanted = [tool for tool in tools if tool["name"] == choice["name"]]
    elif question.results and choice["type"] == "auto":
        return []
    else:
        wanted = [tool for tool in tools if _is_asked_for(tool, question)]
        if choice["type"] == "any":
            wanted = wanted or tools[:1]
    if choice.get("disable_parallel_tool_use"):
        wanted = wanted[:1]
    return [(tool["name"], _input(tool["input_schema"], question)) for tool in wanted]


def tool_use_block(name: str, tool_input: Json, seed: str, signature: str) -> Block:
    """Make a call. Its id ends in the digest of the thinking before it."""
    own = hashlib.sha256(f"{seed} {name} {json.dumps(tool_input)}".encode()).hexdigest()
    thinking = short_digest(signature) if signature else "0" * 16
    return {
        "type": "tool_use",
        "id": f"toolu_sim{own[:16]}x{thinking}",
        "name": name,
        "input": tool_input,
    }


def answer_from_results(results: tuple[Block, ...], names: dict[str, str]) -> str:
    """Return markdown that reports what the tools gave back."""
    lines = []
    for result in results:
        name = names.get(result["tool_use_id"], "tool")
        text = " ".join(
            block["text"]
            for block in content_blocks(result.get("content") or [])
            if block["type"] == "text"
        )
        if result.get("is_error"):
            lines.append(f"The tool `{name}` failed: {excerpt(text, 300)}")
        elif len(text) <= 80 and "\n" not in text:
            lines.append(f"The tool `{name}` answered **{text or 'nothing'}**.")
        else:
            lines.append(f"The tool `{name}` answered:\n\n```\n{text}\n```")
    return "\n\n".join(lines)


def call_names(params: Json) -> dict[str, str]:
    """Return the names of all calls made so far, by their id."""
    return {
        block["id"]: block["name"]
        for message in params["messages"]
        for block in content_blocks(message["content"])
        if block["type"] == "tool_use"
    }


def _is_asked_for(tool: Json, question: Question) -> bool:
    spoken = re.split(r"[_\-]|(?<=[a-z])(?=[A-Z])", tool["name"])
    pattern = r"[\s_-]?".join(map(re.escape, spoken))
    if re.search(rf"\b{pattern}\b", question.text, re.IGNORECASE):
        return True
    properties = tool["input_schema"].get("properties") or {}
    return "expression" in properties and bool(ARITHMETIC.search(question.text))


def _input(schema: Json, question: Question) -> Json:
    properties = schema.get("properties") or {}
    required = schema.get("required") or list(properties)
    return {
        name: _argument(name, properties.get(name) or {}, question)
        for name in properties
        if name in required
    }


def _argument(name: str, schema: Json, question: Question) -> Any:
    text = question.text
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        mentioned = [
            item for item in schema["enum"] if str(item).lower() in text.lower()
        ]
        return (mentioned or schema["enum"])[0]
    kind = schema.get("type", "string")
    if kind in ("number", "integer"):
        number = NUMBER.search(text)
        value = float(number[0]) if number else 1.0
        return int(value) if kind == "integer" or value.is_integer() else value
    if kind == "boolean":
        return True
    if kind == "array":
        return [_argument(name, schema.get("items") or {}, question)]
    if kind == "object":
        return _input(schema, question)
    return _string_argument(name, text)


def _string_argument(name: str, text: str) -> str:
    if name == "expression" and (found := ARITHMETIC.search(text)):
        return found[0].strip()
    if quoted := QUOTED.search(text):
        return quoted[1]
    if name in ("city", "location", "place") and (found := PLACE.search(text)):
        return found[1].strip()
    return excerpt(text, 200)
