"""What a person sees of a tool call: a line, and what goes in and comes out."""

import json
from collections.abc import Iterable
from typing import Any, Protocol

from conversations.claude import Block

MAX_SUMMARY_CHARACTERS = 120  # ours: one line of the column
MAX_RESULT_CHARACTERS = 20_000  # ours: enough to judge it; the export has all of it
# What stands for an outcome; static/js/tool-card.js has the same.
WORDS = {
    "waiting": "Waiting for you",
    "running": "Running…",
    "failed": "Failed",
    "denied": "Not allowed",
    "cancelled": "Not run",
}
# What stands for blocks of a result that are no text.
_STAND_INS = {"image": "[picture]", "document": "[document]"}


class CallFacts(Protocol):
    """What is known of a call beside its blocks (models/tool_call.py)."""

    @property
    def title(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def seconds(self) -> float | None: ...


def summary_of(tool_input: Any) -> str:
    """Return the arguments of a call on one line."""
    if not isinstance(tool_input, dict) or not tool_input:
        return ""
    if len(tool_input) == 1:
        return _one_line(next(iter(tool_input.values())))
    parts = (f"{name}: {_one_line(value)}" for name, value in tool_input.items())
    return _cut(", ".join(parts), MAX_SUMMARY_CHARACTERS)


def result_text(result: Block, limit: int = MAX_RESULT_CHARACTERS) -> str:
    """Return what a tool gave back as text; pictures and files by their names."""
    content = result.get("content") or ""
    if isinstance(content, list):
        content = "\n".join(_texts(content))
    text = content if isinstance(content, str) else pretty(content)
    rest = len(text) - limit
    return text if rest <= 0 else f"{text[:limit]}\n… {rest:,} more characters"


def pretty(value: Any) -> str:
    """Return JSON for people to read."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def context_of(
    call: Block, result: Block | None, facts: CallFacts | None
) -> dict[str, Any]:
    """Return what the template of a call reads."""
    name = str(call.get("name") or "a tool")
    seconds = facts.seconds if facts else None
    state = _state(result, facts)
    outcome = facts.outcome if facts else ""
    if state == "cancelled":
        result = None  # nothing but a word to Claude that there is none
    return {
        "id": call.get("id"),
        "title": (facts.title if facts else "") or name.replace("_", " "),
        "state": state,
        "summary": summary_of(call.get("input")),
        "outcome": outcome or WORDS.get(state, ""),
        "seconds": f"{seconds:.1f} s" if seconds else "",
        "input": pretty(call.get("input") or {}),
        "result": None if result is None else result_text(result),
    }


def _state(result: Block | None, facts: CallFacts | None) -> str:
    if facts is not None:
        return facts.state
    if result is None:
        return "cancelled"
    return "failed" if result.get("is_error") else "done"


def _texts(blocks: Iterable[Any]) -> Iterable[str]:
    for block in blocks:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "text":
            yield str(block.get("text") or "")
        else:
            yield _STAND_INS.get(str(kind)) or pretty(block)


def _one_line(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _cut(" ".join(text.split()), MAX_SUMMARY_CHARACTERS)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
