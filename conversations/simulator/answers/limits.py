"""Where an answer ends early: stop sequences, `max_tokens`, a scenario."""

from collections.abc import Sequence

from conversations.simulator.models import Model
from conversations.simulator.tokens import text_tokens
from conversations.simulator.wire import Block


def cut_at_sequence(
    content: list[Block], sequences: Sequence[str]
) -> tuple[list[Block], str | None]:
    """Return the content before the first stop sequence, and the sequence."""
    for index, block in enumerate(content):
        if block["type"] != "text":
            continue
        found = [(block["text"].find(s), s) for s in sequences if s in block["text"]]
        if found:
            place, sequence = min(found)
            return [*content[:index], *_shortened(block, place)], sequence
    return content, None


def cut_at_tokens(
    content: list[Block], limit: int, model: Model
) -> tuple[list[Block], bool]:
    """Return the content that fits into `limit` tokens, and whether it was cut."""
    kept: list[Block] = []
    for block in content:
        needed = block_tokens(block, model)
        if needed > limit:
            key = "thinking" if block["type"] == "thinking" else "text"
            characters = limit * (3 if model.takes_large_images else 4)
            if key in block:
                kept += _shortened(block, characters, key)
            # A call that is cut off is no call: it is left out.
            return kept, True
        limit -= needed
        kept.append(block)
    return kept, False


def cut_at_characters(content: list[Block], characters: int) -> list[Block]:
    """Return the content up to this many characters of its text blocks."""
    kept: list[Block] = []
    for block in content:
        if block["type"] == "text" and len(block["text"]) > characters:
            return [*kept, *_shortened(block, characters)]
        if block["type"] == "text":
            characters -= len(block["text"])
        kept.append(block)
    return kept


def block_tokens(block: Block, model: Model) -> int:
    """Return the output tokens of one block."""
    match block["type"]:
        case "text":
            return text_tokens(block["text"], model)
        case "thinking":
            # What is shown is a summary; what was thought is taken as this long
            # when nothing of it is shown.
            return text_tokens(block["thinking"], model) or 60
        case "compaction":
            return text_tokens(block["content"] or "", model)
        case _ if "tool_use_id" in block:
            return 0  # a server wrote it, not the model
        case _:
            return text_tokens(f"{block['name']}{block['input']}", model)


def _shortened(block: Block, characters: int, key: str = "text") -> list[Block]:
    text = block[key][:characters]
    return [{**block, key: text}] if text.strip() else []
