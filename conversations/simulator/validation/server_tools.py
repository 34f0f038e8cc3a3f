"""The calls that the API runs itself: declared, and each one with its result."""

import re

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.prefix import spoken_turns
from conversations.simulator.validation.blocks import SERVER_RESULTS
from conversations.simulator.validation.tools_declared import DECLARED
from conversations.simulator.wire import Block, Json

CONTAINER_ID = re.compile(r"container_sim[0-9a-f]{24}\Z")


def check_server_tools(params: Json) -> None:
    """Check that the server tools of earlier rounds are still declared."""
    declared = set()
    for tool in params.get("tools") or []:
        if str(tool.get("type")) in DECLARED:
            declared.add(tool["name"])
    for _role, blocks in spoken_turns(params):
        for path, block in blocks:
            if block["type"] != "server_tool_use":
                continue
            name = block["name"]
            # Both halves of code execution belong to the one declared tool.
            name = "code_execution" if name.endswith("code_execution") else name
            if name not in declared:
                raise invalid(
                    path,
                    f"a `server_tool_use` block was found but no `{name}` tool was "
                    "provided",
                )


def check_container(params: Json) -> None:
    """Check that the container is one that the simulator gave out."""
    container = params.get("container")
    container_id = container.get("id") if isinstance(container, dict) else container
    if container_id and not CONTAINER_ID.match(container_id):
        raise RequestRejected(
            f"container: Container not found: {container_id}", status=404
        )


def check_server_results(params: Json) -> None:
    """Check that a person speaks only when every server tool has its result.

    The result may come in the next answer when only results of client tools stand in
    between: code that was waiting for them goes on. So it may when the request ends in
    an answer, which was paused.
    """
    names: dict[str, str] = {}
    for role, blocks in spoken_turns(params):
        if role == "assistant":
            for path, block in blocks:
                _follow(path, block, names)
        elif names and any(block["type"] != "tool_result" for _, block in blocks):
            raise _without_result(blocks[0][0], names)


def _follow(path: str, block: Block, names: dict[str, str]) -> None:
    kind = block["type"]
    if kind == "server_tool_use":
        names[block["id"]] = block["name"]
    elif kind in SERVER_RESULTS and names.pop(block["tool_use_id"], None) is None:
        raise invalid(
            path,
            f"unexpected `tool_use_id` found in `{kind}` blocks: "
            f"{block['tool_use_id']}. Each `{kind}` block must have a corresponding "
            "`server_tool_use` block before it.",
        )


def _without_result(path: str, names: dict[str, str]) -> RequestRejected:
    tool_use_id, name = next(iter(names.items()))
    return invalid(
        path.rsplit(".content.", 1)[0],
        f"`{name}` tool use with id `{tool_use_id}` was found without a corresponding "
        f"`{name}_tool_result` block",
    )
