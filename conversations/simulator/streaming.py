"""A finished message as the events of a stream, in realistic pieces."""

import json
import random
import re
from collections.abc import Iterator

from conversations.simulator.wire import Block, Json

PIECE = re.compile(r"\s*\S+\s*")
UNSHOWN_THINKING = (400, 500, 300)  # tokens, as they are estimated on the way
LATE_COUNTS = ("output_tokens_details", "server_tool_use")
LONGEST_WORD = 24  # characters; longer "words" (addresses, data) come in pieces


def stream_events(
    message: Json, seed: str, *, counts_thinking: bool = False
) -> Iterator[Json]:
    """Yield the events that tell a message, the same for the same seed.

    `counts_thinking` has thinking that is not shown tell how much of it there is.
    """
    # Not for secrets: the pieces only have to be uneven, and repeatable.
    chance = random.Random(seed)  # noqa: S311
    usage = message["usage"]
    start = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    start["stop_details"] = start["container"] = None
    start["usage"] = {
        **{key: usage[key] for key in usage if key not in LATE_COUNTS},
        "output_tokens": min(1, usage["output_tokens"]),
    }
    yield {"type": "message_start", "message": start}
    yield {"type": "ping"}
    for index, block in enumerate(message["content"]):
        yield from _block_events(index, block, chance, counts_thinking)
    yield {
        "type": "message_delta",
        "delta": {
            "stop_reason": message["stop_reason"],
            "stop_sequence": message["stop_sequence"],
            "stop_details": message["stop_details"],
            "container": message["container"],
        },
        "usage": {
            key: usage[key]
            for key in (
                "input_tokens",
                "cache_creation_input_tokens",
                "cache_read_input_tokens",
                "output_tokens",
                "output_tokens_details",
                "iterations",
                "server_tool_use",
            )
            if key in usage
        },
    }
    yield {"type": "message_stop"}


def _block_events(
    index: int, block: Block, chance: random.Random, counts_thinking: bool
) -> Iterator[Json]:
    yield {
        "type": "content_block_start",
        "index": index,
        "content_block": _placeholder(block),
    }
    if counts_thinking and block.get("thinking") == "":
        for count in UNSHOWN_THINKING:
            delta = {
                "type": "thinking_delta",
                "thinking": "",
                "estimated_tokens": count,
            }
            yield {"type": "content_block_delta", "index": index, "delta": delta}
    for delta in _deltas(block, chance):
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _placeholder(block: Block) -> Block:
    match block["type"]:
        case "text" if "citations" in block:
            return {"type": "text", "text": "", "citations": []}
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "tool_use" | "server_tool_use":
            return {**block, "input": {}}
        case "compaction":
            return {**block, "content": None}
        case _:
            # What a server tool gave back comes whole.
            return block


def _deltas(block: Block, chance: random.Random) -> Iterator[Json]:
    match block["type"]:
        case "text":
            for text in split_text(block["text"], chance):
                yield {"type": "text_delta", "text": text}
            for citation in block.get("citations") or []:
                yield {"type": "citations_delta", "citation": citation}
        case "thinking":
            for text in split_text(block["thinking"], chance):
                yield {"type": "thinking_delta", "thinking": text}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "compaction":
            encrypted = block.get("encrypted_content")
            yield {
                "type": "compaction_delta",
                "content": block["content"],
                "encrypted_content": encrypted,
            }
        case "tool_use" | "server_tool_use":
            yield {"type": "input_json_delta", "partial_json": ""}
            written = json.dumps(block["input"])
            for start in range(0, len(written), 12):
                part = written[start : start + 12]
                yield {"type": "input_json_delta", "partial_json": part}


def split_text(text: str, chance: random.Random) -> Iterator[str]:
    """Yield a text in pieces of one to five words."""
    words = PIECE.findall(text) or ([text] if text else [])
    pieces = [
        word[start : start + LONGEST_WORD]
        for word in words
        for start in range(0, len(word), LONGEST_WORD)
    ]
    place = 0
    while place < len(pieces):
        count = chance.randint(1, 5)
        yield "".join(pieces[place : place + count])
        place += count
