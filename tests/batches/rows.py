"""Batches made of rows, without anybody answering."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from chatapp.accounts.models import User
from conversations.models import (
    Batch,
    BatchItem,
    BatchSource,
    BatchState,
    ItemState,
)

MODEL = "claude-opus-5-5"


def message(text: str, **fields: Any) -> dict[str, Any]:
    """Return an answer as the API gives it."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1_200, "output_tokens": 34},
    } | fields


def ended_batch(owner: User, *answers: str, title: str = "Words.csv") -> Batch:
    """Return a batch of which each row was answered, and one that failed."""
    batch = Batch.objects.create(
        owner=owner,
        title=title,
        source=BatchSource.ROWS,
        columns=["word", "language"],
        template="Translate {{word}} into {{language}}.",
        model=MODEL,
        state=BatchState.ENDED,
        item_count=len(answers) + 1,
        upstream_id="msgbatch_1",
        queued_at=timezone.now(),
        ended_at=timezone.now(),
    )
    for position, answer in enumerate(answers):
        add_item(
            batch,
            position,
            f"word {position}",
            state=ItemState.SUCCEEDED,
            message=message(answer),
            text=answer,
            cost_usd=Decimal("0.0025"),
        )
    error = {
        "type": "overloaded_error",
        "message": "Claude is overloaded at the moment.",
        "request_id": "req_1",
    }
    failed = len(answers)
    add_item(batch, failed, "broken", state=ItemState.ERRORED, error=error)
    return batch


def add_item(batch: Batch, position: int, word: str, **fields: Any) -> BatchItem:
    """Return one more item of a batch."""
    prompt = f"Translate {word} into German."
    return BatchItem.objects.create(
        batch=batch,
        position=position,
        custom_id=f"{batch.id.hex}-{position}",
        cells=[word, "German"],
        content=[{"type": "text", "text": prompt}],
        **fields,
    )
