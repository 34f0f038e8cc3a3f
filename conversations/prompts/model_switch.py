"""What a model cannot read of what others thought before it (API guide, thinking).

The API drops such thinking without a word, so a person is told before sending.
"""

import re
from collections.abc import Iterable

from conversations.claude.catalog import ModelFacts, facts_for
from conversations.models import Message, ModelCard

from .history import THINKING_TYPES

# What platforms write around it: a prefix, a version, a date.
NAME = re.compile(r"claude-[a-z]+-\d+(?:-\d(?!\d))?")
READS_ONLY_ITSELF = "claude-haiku-5-5"
# Read by each other and by no other model.
SEALED = frozenset({"claude-fable-5-2", "claude-mythos-5-2"})
# These read what any Opus thought before, though one is newer.
READS_OPUS = frozenset({"claude-fable-5-1", "claude-mythos-5-1"})


def unread_thinking(card: ModelCard, path: Iterable[Message]) -> str | None:
    """Say whose thinking `card` cannot read in a path; None when it reads all."""
    reader = _facts(card.wire_id or card.model_id)
    writers = dict.fromkeys(message.model for message in path if _has_thinking(message))
    unread = [
        writer.display_name
        for name in writers
        if _reads(reader, writer := _facts(name)) is False
    ]
    if not unread:
        return None
    names = " and ".join(dict.fromkeys(unread))
    return (
        f"{card.display_name} cannot read what {names} thought: it goes on from the"
        " answers alone."
    )


def _reads(reader: ModelFacts, writer: ModelFacts) -> bool | None:
    """Whether a model reads what another one thought; None when nobody said."""
    if reader.id == writer.id:
        return True
    if reader.id == READS_ONLY_ITSELF:
        return False
    if writer.id == READS_ONLY_ITSELF:
        return True
    if writer.id in SEALED:
        return reader.id in SEALED
    if reader.id in READS_OPUS and writer.line == "opus":
        return True
    if reader.released is None or writer.released is None:
        return None
    return reader.released >= writer.released


def _facts(model_id: str) -> ModelFacts:
    found = NAME.search(model_id)
    return facts_for(found[0] if found else model_id)


def _has_thinking(message: Message) -> bool:
    return not message.is_refused and any(
        block["type"] in THINKING_TYPES for block in message.blocks
    )
