"""What stands for the beginning of a path, and how Claude is asked to write it."""

from collections.abc import Sequence
from copy import copy
from typing import Any
from uuid import UUID

from conversations.claude.capabilities import supports
from conversations.models import Compaction, Message, ModelCard, Role
from conversations.models.compaction import CompactionKind, completed_compactions
from conversations.models.wire import Block

from .history import THINKING_TYPES

COMPACTION_BETA = "compact-2026-09-04"
STANDS_FOR = (
    "This is a summary of the conversation so far. It stands for all of it; go on from"
    " here as if you had read the whole.\n\n"
)
# A simulated Claude knows such a request by its first sentence.
INSTRUCTIONS = (
    "Summarize the conversation so far. You will go on from your summary alone, because"
    " everything before it is going to be left out. So keep what you will need: what was"
    " asked for and why, what was decided, facts, names, numbers, code and file names,"
    " what was tried and how it went, what is still open. Write in the language of the"
    " conversation, call no tools, and answer with nothing but the summary."
)
# Such an answer goes on by itself.
PAUSED = "pause_turn"


class NoSummary(Exception):
    """Claude answered, but with nothing that could stand for the conversation."""


def compacted(path: list[Message]) -> list[Message]:
    """Return a path with its newest compaction in the place of what that stands for.

    What turns thought that had begun before is left out behind it: their thinking was
    signed over the messages that are gone (API guide, preserved thinking).
    """
    if not path:
        return path
    found = newest_on(path[0].conversation_id, [message.id for message in path])
    if found is None:
        return path
    compaction, place = found
    role = Role.USER if compaction.kind == CompactionKind.SUMMARY else Role.ASSISTANT
    stand_in = Message(
        id=compaction.id,
        conversation_id=compaction.conversation_id,
        role=role,
        content=compaction.content,
    )
    later = [_without_old_thinking(item, compaction) for item in path[place + 1 :]]
    return [stand_in, *later]


def newest_on(
    conversation_id: UUID, path: Sequence[UUID]
) -> tuple[Compaction, int] | None:
    """Return the compaction that stands for most of a path, and how far it goes."""
    rows = completed_compactions(conversation_id)
    if not rows:
        return None
    places = {message_id: place for place, message_id in enumerate(path)}
    found = [(row, places[row.message_id]) for row in rows if row.message_id in places]
    return max(found, key=lambda item: item[1], default=None)


def last_to_cover(path: Sequence[Message]) -> Message | None:
    """Return the last answer of a path behind which nothing is left open."""
    return next((item for item in reversed(path) if _is_closed(item)), None)


def offers_compaction(card: ModelCard) -> bool:
    """Whether the API compacts conversations with this model, as far as is known."""
    return supports(card.capabilities, "compaction", "summarize") is True


def place_stand_in(params: dict[str, Any], card: ModelCard) -> None:
    """Put what stands for the beginning in the form that the model reads."""
    first, *others = params["messages"]
    if first["content"][0]["type"] != "compaction":
        return
    if offers_compaction(card):
        params["betas"] = [*params.get("betas", ()), COMPACTION_BETA]
        return
    summary = first["content"][0]["content"]
    in_words = {"role": "user", "content": [summary_block(summary)]}
    params["messages"] = [in_words, *others]


def ask_for_compaction(
    params: dict[str, Any], card: ModelCard, instructions: str
) -> dict[str, Any]:
    """Return the request that compacts the conversation of `params`."""
    asking = dict(params)
    config = asking.pop("output_config", {})
    # The form of answers is not that of a summary.
    if config := {key: config[key] for key in config if key != "format"}:
        asking["output_config"] = config
    if offers_compaction(card):
        betas = [*asking.get("betas", ()), COMPACTION_BETA]
        asking["betas"] = list(dict.fromkeys(betas))
        asking["compaction"] = {"type": "summarize"}
        if instructions.strip():
            asking["compaction"]["instructions"] = instructions
        return asking
    text = f"{INSTRUCTIONS}\n\n{instructions}" if instructions.strip() else INSTRUCTIONS
    question = {"role": "user", "content": [{"type": "text", "text": text}]}
    asking["messages"] = [*asking["messages"], question]
    return asking


def read_compaction(answer: dict[str, Any]) -> tuple[CompactionKind, list[Block]]:
    """Return what an answer says, as it is sent from then on. Raises NoSummary."""
    blocks: list[Block] = answer.get("content", [])
    for block in blocks:
        if block["type"] == "compaction":
            if not (block.get("content") or "").strip():
                raise NoSummary
            return CompactionKind.BLOCK, [block]
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    if not text.strip() or answer.get("stop_reason") in ("refusal", "tool_use"):
        raise NoSummary
    return CompactionKind.SUMMARY, [summary_block(text.strip())]


def summary_block(summary: str) -> Block:
    """Return the block in which Claude reads a summary that is no block of its API."""
    return {"type": "text", "text": STANDS_FOR + summary}


def _is_closed(message: Message) -> bool:
    if message.role != Role.ASSISTANT or message.is_refused:
        return False
    if message.stop_reason == PAUSED or not message.blocks:
        return False
    answered = {block.get("tool_use_id") for block in message.blocks}
    return not any(
        block["type"].endswith("tool_use") and block.get("id") not in answered
        for block in message.blocks
    )


def _without_old_thinking(message: Message, compaction: Compaction) -> Message:
    newest = compaction.newest_turn
    if newest is None or message.turn_id is None or message.turn_id > newest:
        return message
    kept = [block for block in message.blocks if block["type"] not in THINKING_TYPES]
    without = copy(message)
    without.content = kept
    return without
