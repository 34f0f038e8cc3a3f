"""A message that is not sent yet: the request it would make, and what weighs in it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from conversations.models import Attachment, Message, ModelCard, Prefix, Role, Turn
from conversations.models.wire import Block

from .attachments import Stored, stored_files
from .budget import encoded_size
from .build import build_prompt
from .composing import user_blocks
from .estimating import Estimate
from .history import sent_messages
from .references import attachment_id
from .repairs import repairs_of

# The API counts no empty message; a full stop is one token.
PLACEHOLDER = "."
NAME_CHARACTERS = 60


@dataclass(frozen=True)
class Draft:
    """What would be sent: `turn` is unsaved, `path` ends before the new message."""

    turn: Turn
    card: ModelCard
    prefix: Prefix
    path: Sequence[Message]
    text: str
    attachments: Sequence[Attachment]


@dataclass(frozen=True)
class Item:
    """One thing that a request holds, in tokens. `kind`: prefix, message, file, draft."""

    kind: str
    name: str
    tokens: int


@dataclass(frozen=True)
class Weight:
    """What a draft is made of, by estimate; each file as often as it is sent."""

    items: Sequence[Item]
    files: Sequence[Attachment]

    @property
    def file_bytes(self) -> int:
        """What the files take in a request."""
        return sum(encoded_size(file) for file in self.files)

    @property
    def tokens(self) -> int:
        return sum(item.tokens for item in self.items)

    def scaled_to(self, tokens: int) -> list[Item]:
        """Return the items so that they add up to what was really counted."""
        share = tokens / self.tokens if self.tokens else 0
        return [replace(item, tokens=round(item.tokens * share)) for item in self.items]


def draft_params(draft: Draft, text: str) -> dict[str, Any]:
    """Return the body of the request with this text. Reads rows and files."""
    question = _question(draft, text or PLACEHOLDER)
    path = [*draft.path, question]
    return build_prompt(draft.turn, draft.card, path, draft.prefix).params


def weigh(draft: Draft) -> Weight:
    """Estimate everything in a draft. Reads rows, no files."""
    estimate = Estimate(draft.card)
    repairs = repairs_of(draft.path) if draft.path else {}
    sent = sent_messages(draft.path, repairs)
    question = _question(draft, draft.text)
    messages = [item.as_param() for item in sent]
    messages.append({"role": question.role, "content": question.content})
    stored = stored_files(messages, draft.turn.conversation.owner_id)
    items = [_prefix_item(draft.prefix, estimate)]
    for item in sent:
        items += _message_items(item.message, item.blocks, stored, estimate)
    items += _files(question.content, stored, estimate)
    items.append(Item("draft", "This message", estimate.text(draft.text)))
    return Weight(
        [item for item in items if item.tokens],
        _in(messages, stored),
    )


def _question(draft: Draft, text: str) -> Message:
    return Message(
        conversation=draft.turn.conversation,
        role=Role.USER,
        content=user_blocks(text, draft.attachments, cites=draft.prefix.citations),
    )


def _prefix_item(prefix: Prefix, estimate: Estimate) -> Item:
    tools = json.dumps(prefix.tools) if prefix.tools else ""
    tokens = estimate.text(prefix.system) + estimate.text(tools)
    return Item("prefix", "Instructions and tools", tokens)


def _message_items(
    message: Message, blocks: Sequence[Block], stored: Stored, estimate: Estimate
) -> list[Item]:
    rest = [block for block in blocks if attachment_id(block) is None]
    who = "You" if message.role == Role.USER else "Claude"
    words = " ".join(message.text[: 2 * NAME_CHARACTERS].split())[:NAME_CHARACTERS]
    name = f"{who}: {words}" if words else who
    return [
        Item("message", name, estimate.blocks(rest, stored)),
        *_files(blocks, stored, estimate),
    ]


def _files(blocks: Sequence[Block], stored: Stored, estimate: Estimate) -> list[Item]:
    return [
        Item("file", file.name, estimate.file(file))
        for block in blocks
        if (file := stored.get(attachment_id(block) or "")) is not None
    ]


def _in(messages: Sequence[dict[str, Any]], stored: Stored) -> list[Attachment]:
    return [
        file
        for message in messages
        for block in message["content"]
        if (file := stored.get(attachment_id(block) or "")) is not None
    ]
