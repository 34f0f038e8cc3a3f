"""What the log shows: a person's message, or the answer of one turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.functional import cached_property

from conversations.models import Attachment, Message, Turn
from conversations.usage.totals import total

from .notices import Notice, notice_for


@dataclass(frozen=True)
class Versions:
    """Messages that stand in the same place, and which of them is shown."""

    ids: Sequence[UUID] = ()
    shown: UUID | None = None

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def has_several(self) -> bool:
        return self.count > 1

    @property
    def number(self) -> int:
        return self.ids.index(self.shown) + 1 if self.shown else 0

    @property
    def previous(self) -> UUID | None:
        return self.ids[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> UUID | None:
        return self.ids[self.number] if self.number < self.count else None


@dataclass
class Question:
    """A message that a person wrote."""

    message: Message
    versions: Versions = Versions()
    attachments: Sequence[Attachment] = ()

    template = "conversations/_user_message.html"


@dataclass
class Answer:
    """Everything that one turn wrote: several rounds read as one answer."""

    turn: Turn
    messages: list[Message] = field(default_factory=list)
    versions: Versions = Versions()
    model_name: str = ""
    body: str = ""

    template = "conversations/_answer.html"

    @property
    def last_message(self) -> Message | None:
        return self.messages[-1] if self.messages else None

    @property
    def message_ids(self) -> str:
        return " ".join(str(message.id) for message in self.messages)

    @property
    def is_refused(self) -> bool:
        return any(message.is_refused for message in self.messages)

    @property
    def source(self) -> str:
        """The Markdown that Claude wrote, for copying."""
        blocks = [block for message in self.messages for block in message.blocks]
        return "".join(
            block["text"]
            for block in blocks
            if block.get("type") == "text" and isinstance(block.get("text"), str)
        )

    @cached_property
    def usage(self) -> dict[str, Any] | None:
        """Summed over the rounds; None when nothing was booked."""
        records = self.turn.usage.all()
        return total(records) if records else None

    @property
    def input_tokens(self) -> int:
        """All that was read, from the cache or not."""
        names = (
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
        )
        return sum(self.usage[name] for name in names) if self.usage else 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + (self.usage["output_tokens"] if self.usage else 0)

    @cached_property
    def notice(self) -> Notice | None:
        return notice_for(self.turn, self.messages)


type Entry = Question | Answer
