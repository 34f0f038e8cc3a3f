"""An answer as a reader sees it: all parts that turns wrote of it, one after another."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.functional import cached_property

from conversations.models import Message, Role, ToolCall, Turn
from conversations.models.wire import Block
from conversations.rendering.continued import join_parts

from .compactions import CompactionCard
from .notices import (
    Kept,
    Notice,
    notice_for,
    refusal_details,
    without_compaction,
)
from .spending import Spending
from .versions import Versions


@dataclass
class Part:
    """Everything that one turn wrote: several rounds read as one text.

    `asked_by` is the message that asked for the rest; None for the first part.
    """

    turn: Turn
    messages: list[Message] = field(default_factory=list)
    asked_by: Message | None = None

    @property
    def blocks(self) -> list[Block]:
        return [block for message in self.messages for block in message.blocks]

    @property
    def written(self) -> list[Message]:
        """The messages of Claude's: the others hold nothing but results of tools."""
        return [message for message in self.messages if message.role != Role.USER]

    @property
    def calls(self) -> dict[str, ToolCall]:
        """How the calls of tools went, by the ids of their blocks."""
        if not any(block.get("type") == "tool_use" for block in self.blocks):
            return {}
        return {row.tool_use_id: row for row in self.turn.tool_calls.all()}

    @cached_property
    def spending(self) -> Spending:
        return Spending([self.turn])

    @property
    def is_refused(self) -> bool:
        return any(message.is_refused for message in self.messages)

    @property
    def can_go_on(self) -> bool:
        """Whether Claude would find something to continue: more than thoughts."""
        return not (self.is_refused or self.turn.output_format) and any(
            block.get("type") not in ("thinking", "redacted_thinking")
            and not (block.get("type") == "text" and not _text_of(block).strip())
            for block in self.blocks
        )


@dataclass
class Answer:
    """What Claude answered: by one turn, or cut off and continued by others.

    `withdrawn` is the body of what was refused: shown on request only. `key` is set
    when the answer looks the same for ever.
    """

    parts: list[Part]
    versions: Versions = field(default_factory=Versions)
    model_name: str = ""
    body: str = ""
    withdrawn: str = ""
    key: Hashable | None = None
    compaction: CompactionCard | None = None

    template = "conversations/_answer.html"

    @property
    def first(self) -> Part:
        return self.parts[0]

    @property
    def turn(self) -> Turn:
        """The newest turn: how the answer stands."""
        return self.parts[-1].turn

    @property
    def turns(self) -> list[Turn]:
        return [part.turn for part in self.parts]

    @property
    def first_id(self) -> UUID | None:
        """The id of the first message; None as long as nothing is written."""
        messages = self.first.messages
        return messages[0].id if messages else None

    @property
    def models(self) -> tuple[str, ...]:
        """The ids of the models that answered, each once."""
        return tuple(dict.fromkeys(turn.model for turn in self.turns))

    @property
    def is_final(self) -> bool:
        """Whether nothing but other versions and names can change what is shown."""
        is_compacting = self.compaction is not None and self.compaction.row.is_live
        return not is_compacting and all(
            part.messages and not part.turn.is_live for part in self.parts
        )

    @property
    def messages(self) -> list[Message]:
        return [message for part in self.parts for message in part.written]

    @property
    def last_message(self) -> Message | None:
        return self.messages[-1] if self.messages else None

    @property
    def turn_ids(self) -> str:
        return " ".join(str(turn.id) for turn in self.turns)

    @property
    def message_ids(self) -> str:
        """Those of the branch, with what asked for the rest."""
        return " ".join(
            str(message.id)
            for part in self.parts
            for message in (part.asked_by, *part.written)
            if message is not None
        )

    @property
    def is_continued(self) -> bool:
        return len(self.parts) > 1

    @property
    def refused(self) -> list[Part]:
        return [part for part in self.parts if part.is_refused]

    @property
    def refusing_models(self) -> str:
        """The ids of the models that declined: to ask them again is of no use."""
        asked = [
            (part.turn.model, *(message.model for message in part.messages))
            for part in self.refused
        ]
        return " ".join(
            dict.fromkeys(name for names in asked for name in names if name)
        )

    @property
    def recommended_model(self) -> str:
        """The model that the API itself recommends after it declined, if it does."""
        if not self.refused:
            return ""
        return refusal_details(self.refused[-1].messages).get("recommended_model") or ""

    @property
    def kept(self) -> Part | None:
        """The newest part that Claude can go on with."""
        return next((part for part in reversed(self.parts) if part.can_go_on), None)

    @property
    def readable(self) -> list[Part]:
        """The parts whose text is shown, a refused one not among them."""
        return [part for part in self.parts if part.messages and not part.is_refused]

    @property
    def source(self) -> str:
        """The Markdown that Claude wrote, for copying."""
        shown = self.readable or self.refused
        return "".join(
            _text_of(block) for block in join_parts(part.blocks for part in shown)
        )

    @cached_property
    def spending(self) -> Spending:
        return Spending(self.turns)

    @property
    def repairs(self) -> list[dict[str, Any]]:
        """What had to be repaired in the history, each once."""
        found = [repair for turn in self.turns for repair in turn.repairs]
        return list({repair["message"]: repair for repair in found}.values())

    @cached_property
    def notice(self) -> Notice | None:
        kept = Kept(
            self.parts[-1].written,
            can_go_on=self.kept is not None,
            is_rest=self.is_continued,
            is_json=bool(self.turn.output_format),
        )
        notice = notice_for(self.turn, kept)
        if notice and self.compaction and self.compaction.is_completed:
            return without_compaction(notice)
        return notice


def _text_of(block: Block) -> str:
    text = block.get("text") if block.get("type") == "text" else None
    return text if isinstance(text, str) else ""
