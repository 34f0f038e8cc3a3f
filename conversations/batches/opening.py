"""An answered item becomes an ordinary conversation, to be gone on with."""

from uuid import UUID

from django.utils import timezone

from conversations.models import (
    Attachment,
    BatchItem,
    Conversation,
    ItemState,
    Message,
    Role,
    State,
    Turn,
)
from conversations.models.ids import uuid7
from conversations.prompts.attachments import stored_files
from conversations.prompts.documents import documents_of
from conversations.prompts.prefix import new_prefix
from conversations.prompts.titles import first_words
from conversations.turns.kept import plain_text


def open_item(item_id: UUID) -> Conversation | None:
    """Return the conversation of an item, made now or before; a job for the writer.

    None for an item without an answer. What it cost is booked with the batch.
    """
    items = BatchItem.objects.select_for_update(of=("self",))
    item = items.select_related("batch__owner", "conversation").get(id=item_id)
    if item.state != ItemState.SUCCEEDED:
        return None
    if item.conversation is not None and item.conversation.deleted_at is None:
        return item.conversation
    item.conversation = _make(item)
    item.save(update_fields=["conversation"])
    return item.conversation


def _make(item: BatchItem) -> Conversation:
    owner, now = item.batch.owner, timezone.now()
    question = plain_text(item.blocks)
    conversation = Conversation.objects.create(
        owner=owner,
        # As it was sent: no system prompt, no tools.
        prefix=new_prefix(owner),
        title=first_words(item.label or question),
        updated_at=now,
    )
    asked = [{"role": "user", "content": item.blocks}]
    files = stored_files(asked, owner.pk)
    message = Message.objects.create(
        conversation=conversation, role=Role.USER, content=item.content, text=question
    )
    message.attachments.set(Attachment.objects.filter(id__in=files))
    turn = Turn.objects.create(
        conversation=conversation,
        author=owner,
        client_id=uuid7(),
        user_message=message,
        state=State.COMPLETED,
        model=item.batch.model,
        effort=item.batch.effort,
        thinking=item.batch.thinking,
        documents=documents_of(asked, files),
        stop_reason=item.stop_reason,
        finished_at=item.batch.ended_at or now,
    )
    conversation.leaf = _store_answer(item, turn)
    conversation.save(update_fields=["leaf"])
    return conversation


def _store_answer(item: BatchItem, turn: Turn) -> Message:
    said = item.message
    return Message.objects.create(
        conversation_id=turn.conversation_id,
        parent_id=turn.user_message_id,
        turn=turn,
        role=Role.ASSISTANT,
        content=said["content"],
        text=item.text,
        round=1,
        model=str(said.get("model") or turn.model),
        upstream_id=str(said.get("id") or ""),
        stop_reason=item.stop_reason,
        stop_details=said.get("stop_details"),
    )
