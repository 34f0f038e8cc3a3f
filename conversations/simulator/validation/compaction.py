"""Compaction on demand: when it may be asked for, and where its block may stand.

Codes as the API's errors have them (SDK 2.12, `compaction_*_error_details`).
"""

from typing import Any

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.models import COMPACTION_BETA, Model
from conversations.simulator.prefix import content_blocks, nested_blocks, pieces
from conversations.simulator.signatures import read_compaction_seal, short_digest
from conversations.simulator.validation.shapes import (
    a_string,
    anything,
    check_object,
    tagged,
)
from conversations.simulator.wire import Block, Json, json_bytes

MAX_TOOL_REFERENCES = 256  # ours: the API's number is not published


def check_config(value: Any, path: str) -> None:
    """Check the shape of the parameter."""
    tagged(value, path, ("summarize",))
    check_object(value, path, {"type": anything}, {"instructions": a_string})


def is_compacting(params: Json) -> bool:
    """Return whether the request asks for nothing but a compaction."""
    return params.get("compaction") is not None


def check_compaction(params: Json, model: Model, betas: frozenset[str]) -> None:
    """Check what the request asks to compact, and what it brings compacted."""
    if "compaction" in params and COMPACTION_BETA not in betas:
        raise invalid("compaction", "Extra inputs are not permitted")
    _check_blocks(params, betas)
    if not is_compacting(params):
        return
    if not model.compacts_on_demand:
        raise invalid("compaction", f"compaction is not supported by {model.id}")
    if all(message["role"] == "system" for message in params["messages"]):
        raise _refused("nothing_to_summarize", "there is nothing to summarize")
    if _is_unfinished(params["messages"][-1]):
        raise _refused(
            "incomplete_turn",
            "a compaction request must not end on an assistant turn that is unfinished",
        )
    if _count_references(params) > MAX_TOOL_REFERENCES:
        raise _refused(
            "too_many_tool_references",
            f"more than {MAX_TOOL_REFERENCES} tools are referenced",
        )


def _check_blocks(params: Json, betas: frozenset[str]) -> None:
    found = [
        piece for piece in pieces(params) if piece.block.get("type") == "compaction"
    ]
    if found and COMPACTION_BETA not in betas:
        raise invalid(
            found[0].path, f"`compaction` blocks need the beta {COMPACTION_BETA}"
        )
    if sum(piece.block.get("content") is not None for piece in found) > 1:
        raise _refused("block_ambiguous", "more than one compaction block has content")
    for piece in found:
        first = piece.path == "messages.0.content.0" and piece.role == "assistant"
        if not first:
            raise _refused(
                "block_misplaced",
                f"{piece.path}: a compaction block must come first in the conversation",
            )
        if piece.block.get("content") == "":
            raise invalid(f"{piece.path}.content", "must not be empty")
        _check_seal(piece.block)


def _check_seal(block: Block) -> None:
    seal = read_compaction_seal(block.get("signature") or "")
    if block.get("content") is None:
        return  # a failed one stands for nothing
    if seal is None:
        raise _refused("signature_invalid", "the signature does not verify")
    if seal.content != short_digest(block["content"]):
        raise _refused("content_mismatch", "the content is not what was signed")
    changes = json_bytes(block.get("tool_changes") or []).decode()
    if seal.tool_changes != short_digest(changes):
        raise _refused("tool_changes_mismatch", "tool_changes is not what was signed")


def _is_unfinished(message: Json) -> bool:
    if message["role"] != "assistant":
        return False
    blocks = content_blocks(message["content"])
    answered = {block.get("tool_use_id") for block in blocks}
    return any(
        block["type"] in ("tool_use", "server_tool_use") and block["id"] not in answered
        for block in blocks
    )


def _count_references(params: Json) -> int:
    names = {
        block["tool_name"]
        for _path, block in nested_blocks(params)
        if block.get("type") == "tool_reference"
    }
    return len(names)


def _refused(code: str, problem: str) -> RequestRejected:
    details = {"error_code": f"compaction_{code}"}
    return RequestRejected(f"compaction: {problem}", details=details)
