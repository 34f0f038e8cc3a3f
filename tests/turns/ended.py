"""How a turn of one round ends."""

from conversations.models import State, Turn
from conversations.models.ids import uuid7
from conversations.turns.endings import Answer, Ending
from conversations.usage.recording import Round


def ending_of(turn: Turn, *, was_saved: bool = True) -> Ending:
    """Return the end of a turn that said "Done" and used three tokens."""
    answer = Answer(
        message_id=uuid7(),
        parent_id=turn.user_message_id,
        round=1,
        content=[{"type": "text", "text": "Done"}],
        model=turn.model,
        upstream_id="msg_1",
        stop_reason="end_turn",
        stop_details=None,
    )
    used = Round(turn.id, 1, 1, turn.model, "msg_1", "req_1", {"input_tokens": 3})
    return Ending(
        State.COMPLETED,
        "end_turn",
        answer=answer,
        usage=[used],
        was_saved=was_saved,
    )
