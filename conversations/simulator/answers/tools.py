"""Calls that a scenario names: `[simulate: tool name=calculator input={...}]`.

Several tags are several calls of one round; `times=3` calls again in so many rounds. The
input is JSON without a closing bracket; left out, it is {}.
"""

import json

from conversations.simulator.errors import RequestRejected
from conversations.simulator.prefix import content_blocks
from conversations.simulator.scenarios import TAG
from conversations.simulator.wire import Json


def named_calls(params: Json, prompt: str) -> list[tuple[str, Json]]:
    """Return the calls that the prompt names for this round, with their input.

    Raises RequestRejected for a tool that is not declared, as Claude calls none such.
    """
    declared = {tool.get("name") for tool in params.get("tools") or []}
    made = _rounds_made(params)
    calls = []
    for tag in TAG.finditer(prompt):
        if tag["name"] != "tool":
            continue
        options, _, given = tag["options"].partition("input=")
        fields = dict(option.partition("=")[::2] for option in options.split())
        name = fields.get("name", "")
        if name not in declared:
            known = ", ".join(sorted(map(str, declared))) or "none"
            raise RequestRejected(f"simulate: no tool '{name}'. Declared: {known}")
        if made < int(fields.get("times", "1")):
            calls.append((name, _input(given)))
    return calls


def _input(given: str) -> Json:
    try:
        parsed = json.loads(given or "{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise RequestRejected("simulate: input= is no JSON object")
    return parsed


def _rounds_made(params: Json) -> int:
    """Return how many rounds of tools lie behind the last thing that a person said."""
    count = 0
    for message in reversed(params["messages"]):
        if message["role"] == "user":
            kinds = {block["type"] for block in content_blocks(message["content"])}
            if kinds != {"tool_result"}:
                break
            count += 1
    return count
