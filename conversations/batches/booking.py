"""What an answer of a batch has used, as it is booked."""

from typing import Any
from uuid import UUID

from conversations.models import Purpose
from conversations.usage.recording import Round


def round_of(
    message: dict[str, Any],
    requested_model: str,
    *,
    turn_id: UUID | None = None,
    payer_id: int | None = None,
) -> Round:
    """Return the only round of an answer: of a turn, or paid for by somebody."""
    return Round(
        turn_id=turn_id,
        payer_id=payer_id,
        purpose=Purpose.BATCH if turn_id is None else Purpose.ANSWER,
        number=1,
        attempt=1,
        model=str(message.get("model") or requested_model),
        requested_model=requested_model,
        upstream_message_id=str(message.get("id") or ""),
        request_id="",
        usage=message["usage"],
        stop_reason=str(message.get("stop_reason") or ""),
        content=message["content"],
        is_batch=True,
    )
