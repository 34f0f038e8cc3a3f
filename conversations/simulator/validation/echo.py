"""Whether the thinking that comes back is the thinking that went out."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from conversations.simulator.errors import RequestRejected, invalid
from conversations.simulator.models import Model
from conversations.simulator.prefix import (
    THINKING_TYPES,
    Piece,
    pieces,
    spoken_turns,
)
from conversations.simulator.signatures import (
    PrefixDigest,
    Seal,
    read_signature,
    short_digest,
)
from conversations.simulator.wire import Json

# The ids that the simulator gives to tool calls end in the digest of the
# signature of the thinking before them, so that its loss can be noticed.
TOOL_ID = re.compile(r"toolu_sim[0-9a-f]{16}x(?P<thinking>[0-9a-f]{16})\Z")
NO_THINKING = "0" * 16


@dataclass
class Echo:
    """What became of the thinking blocks of a request."""

    dropped: set[str] = field(default_factory=set)
    transformations: list[Json] = field(default_factory=list)

    def drop(self, path: str, reason: str) -> None:
        """Leave a block out and say so in the answer."""
        self.dropped.add(path)
        self.transformations.append(
            {"type": "thinking_dropped", "path": path, "reason": reason}
        )


def check_echo(params: Json, model: Model, known: Mapping[str, Model]) -> Echo:
    """Check every thinking block of the history against its signature.

    Blocks of a model that this one cannot read are dropped silently, as are
    blocks after a changed prefix when the request opted in to that.
    """
    echo = Echo()
    digest = PrefixDigest()
    previous = ""
    newest = _last_assistant_message(params)
    for piece in pieces(params):
        digest.add(piece)
        if piece.section != "messages" or not piece.is_thinking:
            continue
        is_newest = piece.path.startswith(newest)
        seal = _read(piece, is_newest)
        writer = known.get(seal.model_id)
        if writer is None or not model.reads_thinking_of(writer):
            echo.dropped.add(piece.path)
        elif model.has_preserved_thinking and writer.has_preserved_thinking:
            prefix_holds = seal.prefix == digest.value("assistant")
            order_holds = not previous or seal.previous == short_digest(previous)
            if echo.transformations or not (prefix_holds and order_holds):
                _refuse_or_drop(params, piece.path, echo)
        previous = piece.block["signature"]
    _check_running_loop(params)
    return echo


def _last_assistant_message(params: Json) -> str:
    for index in reversed(range(len(params["messages"]))):
        if params["messages"][index]["role"] == "assistant":
            return f"messages.{index}."
    return "none"


def _read(piece: Piece, is_newest: bool) -> Seal:
    if piece.block["type"] == "redacted_thinking":
        raise invalid(piece.path, "Invalid `data` in `redacted_thinking` block")
    seal = read_signature(piece.block["signature"])
    if seal is None:
        raise invalid(piece.path, "Invalid `signature` in `thinking` block")
    if seal.thinking != short_digest(piece.block["thinking"]):
        if is_newest:
            raise _modified(piece.path)
        raise invalid(piece.path, "Invalid `signature` in `thinking` block")
    return seal


def _modified(path: str) -> RequestRejected:
    return invalid(
        path,
        "`thinking` or `redacted_thinking` blocks in the latest assistant message "
        "cannot be modified. These blocks must remain as they were in the original "
        "response.",
    )


def _refuse_or_drop(params: Json, path: str, echo: Echo) -> None:
    thinking = params.get("thinking") or {}
    binding = thinking.get("block_binding") or {}
    if binding.get("prefix_mismatch_behavior") == "drop_block":
        echo.drop(path, "prefix_binding_mismatch")
        return
    raise invalid(
        path,
        "Invalid signature in thinking block. The block is bound to a different "
        "conversation: the system prompt, the tools or an earlier message changed "
        "since it was made.",
    )


def _check_running_loop(params: Json) -> None:
    """Check that the calls answered last still have their thinking before them."""
    *earlier, (role, answered) = spoken_turns(params)
    is_loop = any(block["type"] == "tool_result" for _, block in answered)
    if role != "user" or not is_loop or not earlier:
        return
    calling = earlier[-1][1]
    first_path, first = calling[0]
    mode = (params.get("thinking") or {}).get("type")
    if mode == "enabled" and first["type"] not in THINKING_TYPES:
        raise invalid(
            f"{first_path}.type",
            "Expected `thinking` or `redacted_thinking`, but found "
            f"`{first['type']}`. When `thinking` is enabled, a final `assistant` "
            "message must start with a thinking block (preceding the last set of "
            "`tool_use` and `tool_result` blocks).",
        )
    signatures = {NO_THINKING}
    for path, block in calling:
        if block["type"] == "thinking":
            signatures.add(short_digest(block["signature"]))
        elif block["type"] == "tool_use" and _lost_thinking(block["id"], signatures):
            raise _modified(path)


def _lost_thinking(tool_use_id: str, signatures: Collection[str]) -> bool:
    match = TOOL_ID.match(tool_use_id)
    return match is not None and match["thinking"] not in signatures
