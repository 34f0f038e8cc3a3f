"""What stays of an answer that did not come to its end (design invariant 7)."""

from collections.abc import Iterable
from typing import Any

from conversations.models.wire import storable

Block = dict[str, Any]


def without_open_calls(blocks: Iterable[Block]) -> list[Block]:
    """Leave out calls without a result: the API would wait for one for ever."""
    blocks = list(blocks)
    answered = {block.get("tool_use_id") for block in blocks}
    return [
        block
        for block in blocks
        if not block["type"].endswith("tool_use") or block.get("id") in answered
    ]


def plain_text(blocks: Iterable[Block]) -> str:
    """Return the text of an answer as a reader sees it: for search, titles, copying."""
    return storable(
        "".join(block["text"] for block in blocks if block["type"] == "text")
    )
