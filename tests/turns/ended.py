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
    used = Round(
        turn_id=turn.id,
        number=1,
        attempt=1,
        model=turn.model,
        upstream_message_id="msg_1",
        request_id="req_1",
        usage={"input_tokens": 3},
        payer_id=turn.author_id,
    )
    return Ending(
        State.COMPLETED,
        "end_turn",
        answer=answer,
        usage=[used],
        was_saved=was_saved,
    )
