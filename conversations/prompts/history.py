"""What of a path is sent: the stored blocks, less a closed list of differences.

Each difference is recorded on the path for ever, so that what was sent never changes.
Where a message's own row says it, the row is the record, for it is never written again:

- a refused answer is left out;
- a blank text block, which the API refuses, is left out;
- thinking at the end of an answer is left out, since it led to nothing and the API
  refuses it in some places; an answer that was stopped before it said anything is
  nothing but such thinking;
- half of a character, where a stream was cut in the middle of it, becomes U+FFFD.

What the row does not say, because it depends on what comes before or after, on a file
or on what the upstream accepts, is a Repair (models/repair.py).
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any

from conversations.models import Message, Role
from conversations.models.repair import RepairKind
from conversations.models.wire import Block

from .references import stand_in
from .repairs import Repairs

THINKING_TYPES = frozenset({"thinking", "redacted_thinking"})


@dataclass
class Sent:
    """A stored message, and the blocks of it that are sent."""

    message: Message
    blocks: list[Block]

    def as_param(self) -> dict[str, Any]:
        """Return the message of a request, attachments still by reference."""
        return {"role": self.message.role, "content": self.blocks}


def sent_messages(path: Iterable[Message], repairs: Repairs) -> list[Sent]:
    """Return what a request for a path holds, with these repairs of it applied."""
    sent = [Sent(message, _said(message)) for message in path]
    if repairs:
        _apply(repairs, sent)
    _drop_idle_thinking(sent)
    return [item for item in sent if item.blocks]


def sendable_blocks(blocks: Iterable[Block]) -> list[Block]:
    """Return blocks as they are sent back: without blank texts and broken characters."""
    return [_whole(block) for block in blocks if not _is_blank(block)]


def _said(message: Message) -> list[Block]:
    return [] if message.is_refused else sendable_blocks(message.blocks)


def _apply(repairs: Repairs, sent: list[Sent]) -> None:
    omitted = {
        call
        for (_, kind), detail in repairs.items()
        if kind == RepairKind.CALL_OMITTED
        for call in detail["calls"]
    }
    thinks = True
    for item in reversed(sent):
        item.blocks = [
            block
            for block in _repaired(item, repairs)
            if not _belongs_to(omitted, block)
            and (thinks or block["type"] not in THINKING_TYPES)
        ]
        if (item.message.id, RepairKind.THINKING_STRIPPED) in repairs:
            thinks = False


def _repaired(item: Sent, repairs: Repairs) -> list[Block]:
    """Return the blocks of a message with the repairs that it bears itself."""

    def detail(kind: RepairKind) -> dict[str, Any]:
        return repairs.get((item.message.id, kind), {})

    files = detail(RepairKind.FILE_GONE).get("files", {})
    answered = detail(RepairKind.RESULT_OMITTED).get("calls", ())
    closed = detail(RepairKind.CALL_CLOSED).get("results", ())
    kept = [block for block in item.blocks if block.get("tool_use_id") not in answered]
    return [*closed, *(stand_in(block, files) for block in kept)]


def _belongs_to(calls: Container[str], block: Block) -> bool:
    if block["type"].endswith("tool_use"):
        return block.get("id") in calls
    return block.get("tool_use_id") in calls


def _drop_idle_thinking(sent: Iterable[Sent]) -> None:
    """Drop the thinking that nothing follows before the next person speaks.

    Rounds are one answer: what was thought before a pause led to what came after it.
    """
    leads_to_nothing = True
    for item in reversed([item for item in sent if item.blocks]):
        if item.message.role != Role.ASSISTANT:
            leads_to_nothing = True
        elif leads_to_nothing:
            while item.blocks and item.blocks[-1]["type"] in THINKING_TYPES:
                item.blocks.pop()
            leads_to_nothing = not item.blocks


def _is_blank(block: Block) -> bool:
    return block["type"] == "text" and (not block["text"] or block["text"].isspace())


def _whole(block: Block) -> Block:
    if block["type"] != "text" or block["text"].isascii():
        return block
    try:
        block["text"].encode()
    except UnicodeEncodeError:
        units = block["text"].encode("utf-16-le", "surrogatepass")
        return {**block, "text": units.decode("utf-16-le", "replace")}
    return block
