"""The request as an ordered list of pieces, and one spelling of each piece.

Caching and preserved thinking both ask "is everything up to here the same as
last time?". They see `tools`, then `system`, then the blocks of the messages.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from conversations.simulator.wire import Block, Json

THINKING_TYPES = ("thinking", "redacted_thinking")


@dataclass(frozen=True)
class Piece:
    """One tool, system block or content block. `role` is None before the messages."""

    path: str
    section: Literal["tools", "system", "messages"]
    role: str | None
    block: Block

    @property
    def is_thinking(self) -> bool:
        return self.section == "messages" and self.block.get("type") in THINKING_TYPES


def pieces(params: Json) -> Iterator[Piece]:
    """Yield every piece of a request in the order of its prefix."""
    for index, tool in enumerate(params.get("tools") or []):
        yield Piece(f"tools.{index}", "tools", None, tool)
    for index, block in enumerate(content_blocks(params.get("system") or [])):
        yield Piece(f"system.{index}", "system", None, block)
    for place, message in enumerate(params["messages"]):
        for index, block in enumerate(content_blocks(message["content"])):
            path = f"messages.{place}.content.{index}"
            yield Piece(path, "messages", message["role"], block)


def nested_blocks(params: Json) -> Iterator[tuple[str, Block]]:
    """Yield the content blocks of all messages, those inside tool results too."""
    for piece in pieces(params):
        if piece.section != "messages":
            continue
        yield piece.path, piece.block
        if piece.block.get("type") == "tool_result":
            inside = content_blocks(piece.block.get("content") or [])
            for index, block in enumerate(inside):
                yield f"{piece.path}.content.{index}", block


def spoken_turns(params: Json) -> Iterator[tuple[str, list[tuple[str, Block]]]]:
    """Yield neighbouring messages of one role as one, blocks with their paths."""
    role, blocks = "", list[tuple[str, Block]]()
    for index, message in enumerate(params["messages"]):
        if message["role"] != role:
            if blocks:
                yield role, blocks
            role, blocks = message["role"], []
        for place, block in enumerate(content_blocks(message["content"])):
            blocks.append((f"messages.{index}.content.{place}", block))
    if blocks:
        yield role, blocks


def content_blocks(content: str | list[Block]) -> list[Block]:
    """Return content as blocks; a string is short for one text block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def spelled(block: Block) -> bytes:
    """Return the block in one spelling, without what does not count as a change.

    `cache_control` markers may move and absent fields may come as null; the
    order of keys counts only where Claude sees it: in tool input and schemas.
    """
    if block.get("type") == "tool_result":
        block = {**block, "content": content_blocks(block.get("content") or [])}
    return json.dumps(_plain(block), separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item if key in ("input", "input_schema") else _plain(item)
        for key, item in sorted(value.items())
        if key != "cache_control" and item is not None
    }
