"""A turn that is put off: a batch answers it within a day, for half the price."""

from django.db.models.functions import Now

from conversations.catalog import runs_batches
from conversations.models import (
    Batch,
    BatchItem,
    BatchSource,
    BatchState,
    ModelCard,
    Prefix,
    Turn,
)
from conversations.protocol.commands import CommandRejected


def require_batches(card: ModelCard, prefix: Prefix) -> None:
    """Refuse what a batch cannot answer."""
    if not runs_batches(card):
        raise CommandRejected(
            "not_later",
            f"{card.display_name} does not answer later for half the price. Choose"
            " another model, or send the message as usual.",
        )
    if prefix.tools:
        raise CommandRejected(
            "not_later",
            "This conversation has tools, which are only there for an answer at once."
            " Send the message as usual.",
        )


def put_off(turn: Turn) -> None:
    """Have a batch answer a turn that was just stored; in its transaction."""
    batch = Batch.objects.create(
        owner_id=turn.author_id,
        title=turn.conversation.title,
        source=BatchSource.MESSAGE,
        model=turn.model,
        effort=turn.effort,
        thinking=turn.thinking,
        state=BatchState.QUEUED,
        item_count=1,
        queued_at=Now(),
        look_at=Now(),
    )
    BatchItem.objects.create(
        batch=batch,
        position=0,
        custom_id=f"{batch.id.hex}-0",
        cells=[],
        content=[],
        turn=turn,
    )
