"""Where a conversation was compacted, as a divider under the answer shows it."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self
from uuid import UUID

from django.utils.safestring import SafeString

from conversations.models import Compaction, Conversation, State
from conversations.rendering.markdown import render_markdown


@dataclass
class CompactionCard:
    """A compaction that is under way, is there, or has failed."""

    row: Compaction
    model_name: str = ""

    @property
    def is_completed(self) -> bool:
        return self.row.state == State.COMPLETED

    @property
    def is_automatic(self) -> bool:
        return self.row.asked_by_id is None

    @property
    def problem(self) -> str:
        """Why it has failed, in words."""
        error: dict[str, Any] = self.row.error or {}
        return str(error.get("message", ""))

    @cached_property
    def body(self) -> SafeString:
        """The summary that Claude reads in place of the messages."""
        summary = self.row.summary
        # What introduces a summary of ours is for Claude alone.
        _, _, own = summary.partition("\n\n")
        is_introduced = self.row.kind == "summary" and own
        return render_markdown(own if is_introduced else summary)


class Compactions:
    """The newest compaction under each message; a cancelled one leaves no trace."""

    def __init__(self, rows: Iterable[Compaction]) -> None:
        self._by_message = {
            row.message_id: row for row in rows if row.state != State.CANCELLED
        }

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        rows = Compaction.objects.filter(conversation=conversation).order_by("id")
        # Only what is shown is read: most dividers were printed before.
        return cls(rows.defer("content"))

    def below(self, message_ids: Collection[UUID]) -> Compaction | None:
        """Return the one that ends with one of these messages."""
        found = [self._by_message.get(message_id) for message_id in message_ids]
        return next((row for row in reversed(found) if row), None)

    def key(self, message_ids: Collection[UUID]) -> Hashable:
        """Return what tells whether the divider looks as it did."""
        row = self.below(message_ids)
        return row and (row.id, row.state)
