"""Answers that hypothesis makes up: their blocks, and what is kept of a cut-off one."""

from collections.abc import Iterable, Iterator
from typing import Any

from conversations.claude import MessageSnapshot
from conversations.models.wire import Block
from conversations.simulator.signatures import short_digest, sign_blocks
from conversations.turns.kept import without_open_calls
from tests.prompts.stories import Piece

type Json = dict[str, Any]

FOREIGN = "Zm9yZWlnbg=="  # what no simulator has signed


def signed(
    params: Json, content: list[Block], pieces: Iterable[Piece], numbers: Iterator[int]
) -> list[Block]:
    """Return `content` and the blocks of `pieces`, its thinking signed over all before."""
    for piece in pieces:
        sign_blocks(params, params["model"], content)
        content += blocks_of(piece, content, next(numbers))
    sign_blocks(params, params["model"], content)
    return content


def blocks_of(piece: Piece, content: list[Block], number: int) -> list[Block]:
    match piece.kind:
        case "thinking":
            return [{"type": "thinking", "thinking": piece.text, "signature": ""}]
        case "text":
            return [{"type": "text", "text": piece.text}]
        case "call":
            return [call(number, content)]
        case "code":
            running = server_call(number, "code_execution")
            caller = {"type": "code_execution_20250825", "tool_id": running["id"]}
            return [running, {**call(number, content), "caller": caller}]
        case "search":
            searching = server_call(number, "web_search")
            return [searching, server_result(searching)]
        case _:
            return [server_call(number, "web_search")]


def call(number: int, content: list[Block]) -> Block:
    """Return a call whose id knows the thinking before it, as the simulator makes it."""
    signatures = [block["signature"] for block in content if "signature" in block]
    thinking = short_digest(signatures[-1]) if signatures else "0" * 16
    return {
        "type": "tool_use",
        "id": f"toolu_sim{number:016x}x{thinking}",
        "name": "calculator",
        "input": {"expression": "2 + 2"},
    }


def result_of(call: Block) -> Block:
    return {"type": "tool_result", "tool_use_id": call["id"], "content": "4"}


def server_call(number: int, name: str) -> Block:
    return {
        "type": "server_tool_use",
        "id": f"srvtoolu_{number}",
        "name": name,
        "input": {},
    }


RUN = {
    "type": "code_execution_result",
    "stdout": "",
    "stderr": "",
    "return_code": 0,
    "content": [],
}


def server_result(call: Block) -> Block:
    return {
        "type": f"{call['name']}_tool_result",
        "tool_use_id": call["id"],
        "content": dict(RUN) if call["name"] == "code_execution" else [],
    }


def open_server_calls(content: list[Block]) -> list[Block]:
    answered = {block.get("tool_use_id") for block in content}
    return [
        block
        for block in content
        if block["type"] == "server_tool_use" and block["id"] not in answered
    ]


def foreign(block: Block) -> Block:
    if block["type"] == "thinking":
        return {**block, "signature": FOREIGN}
    return block


def kept(content: list[Block], cut: tuple[int, int]) -> list[Block]:
    """Return what Colloquy keeps of an answer whose stream ends in a block."""
    snapshot = MessageSnapshot()
    snapshot.apply({"type": "message_start", "message": {"content": []}})
    last, units = cut
    for index, block in enumerate(content[: last + 1]):
        is_open = index == last
        start = placeholder(block) if is_open else block
        snapshot.apply(
            {"type": "content_block_start", "index": index, "content_block": start}
        )
        if not is_open:
            snapshot.apply({"type": "content_block_stop", "index": index})
        elif block["type"] in ("text", "thinking"):
            kind = block["type"]
            beginning = block[kind].encode("utf-16-le")[: units * 2]
            part = beginning.decode("utf-16-le", "surrogatepass")
            delta = {"type": f"{kind}_delta", kind: part}
            snapshot.apply(
                {"type": "content_block_delta", "index": index, "delta": delta}
            )
    return without_open_calls(snapshot.kept_content())


def placeholder(block: Block) -> Block:
    empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}}
    return {**block, **empty.get(block["type"], {"input": {}})}
