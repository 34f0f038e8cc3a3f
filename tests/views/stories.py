"""Conversations made of rows, without a turn that runs."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from chatapp.accounts.models import User
from conversations.models import Conversation, Message, Prefix, State, Turn, UsageRecord

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPUS = "claude-opus-5-5"


class Story:
    """A conversation of `owner` that grows message by message."""

    def __init__(self, owner: User, title: str = "Priorities", **fields: Any) -> None:
        prefix = Prefix.objects.create(metadata_user_id="user")
        defaults = {"updated_at": timezone.now()} | fields
        self.conversation = Conversation.objects.create(
            owner=owner, prefix=prefix, title=title, **defaults
        )

    @property
    def url(self) -> str:
        return f"/conversations/{self.conversation.id}/"

    def ask(self, text: str = "Why?", after: Message | None = None) -> Message:
        """Add a message of the owner's."""
        message = Message.objects.create(
            conversation=self.conversation,
            parent=after,
            role="user",
            content=[{"type": "text", "text": text}],
            text=text,
        )
        return self._move_to(message)

    def turn(
        self, question: Message, state: str = State.RUNNING, **fields: Any
    ) -> Turn:
        """Add a turn that answers `question` and has not written anything."""
        return Turn.objects.create(
            conversation=self.conversation,
            author=self.conversation.owner,
            client_id=uuid4(),
            user_message=question,
            state=state,
            model=OPUS,
            **fields,
        )

    def answer(self, question: Message, *texts: str, **fields: Any) -> Message:
        """Add an ended turn that wrote one message for each of `texts`."""
        defaults: dict[str, Any] = {
            "state": State.COMPLETED,
            "stop_reason": "end_turn",
            "started_at": NOON - timedelta(seconds=41),
            "finished_at": NOON,
        }
        details = fields.pop("stop_details", None)
        turn = self.turn(question, **(defaults | fields))
        last = question
        for number, text in enumerate(texts or ("Because.",)):
            last = Message.objects.create(
                conversation=self.conversation,
                parent=last,
                turn=turn,
                role="assistant",
                round=number,
                content=[{"type": "text", "text": text}],
                text=text,
                stop_reason=turn.stop_reason,
                stop_details=details,
            )
        return self._move_to(last)

    def cut_off(self, question: Message, *texts: str, **fields: Any) -> Message:
        """Add an answer that its owner stopped."""
        return self.answer(question, *texts, state=State.CANCELLED, **fields)

    def rest(self, cut: Message, *texts: str, **fields: Any) -> Message:
        """Add what asks for the rest of a cut-off answer, and the rest."""
        asked_by = self.ask("Please continue.", cut)
        return self.answer(asked_by, *texts, continues=cut.turn, **fields)

    def exchanges(self, count: int) -> Message:
        """Add `count` questions, each with its answer and what it cost."""
        last = None
        for number in range(count):
            last = self.answer(self.ask(f"Question {number}", last), f"Answer {number}")
            assert last.turn is not None
            book(last.turn)
        assert last is not None
        return last

    def _move_to(self, leaf: Message) -> Message:
        self.conversation.leaf = leaf
        self.conversation.save(update_fields=["leaf"])
        time.sleep(0.001)  # ids sort by the millisecond
        return leaf


def book(turn: Turn, **fields: Any) -> UsageRecord:
    """Book the usage of the turn's first round."""
    defaults: dict[str, Any] = {
        "input_tokens": 1200,
        "output_tokens": 3034,
        "cache_read_input_tokens": 47000,
        "cost_usd": "0.77120000",
        "usage": {},
    }
    return UsageRecord.objects.create(
        payer_id=turn.author_id,
        turn=turn,
        round=0,
        model=turn.model,
        **(defaults | fields),
    )
