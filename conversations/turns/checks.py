"""What must hold before a turn begins; each refusal says what to do."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from conversations.catalog import offered_card
from conversations.models import Attachment, Message, ModelCard, Prefix, Turn
from conversations.models.branches import Branches
from conversations.models.prepared import PreparedQuery
from conversations.prompts import compatibility, json_mode, serving
from conversations.prompts.compaction import newest_on
from conversations.protocol.commands import CommandRejected, SendMessage, Settings
from conversations.tools.base import Definition
from conversations.tools.registry import UnknownTool, definitions


def require_idle(conversation_id: UUID) -> None:
    """Refuse a second turn: the answer to a running one is not yet known."""
    if Turn.objects.live().filter(conversation_id=conversation_id).exists():
        raise CommandRejected(
            "turn_running",
            "Claude is still answering in this conversation. Wait for the answer or"
            " stop it.",
        )


def resolve_attachments(
    user: AbstractBaseUser, ids: Sequence[UUID]
) -> list[Attachment]:
    """Return the user's own attachments in the given order, each once."""
    if not ids:
        return []
    found = Attachment.objects.visible_to(user).in_bulk(ids)
    if missing := [str(key) for key in ids if key not in found]:
        raise CommandRejected(
            "not_found",
            f"There is no attachment {missing[0]}. Attach the file again.",
        )
    return [found[key] for key in dict.fromkeys(ids)]


def resolve_card(model_id: str) -> ModelCard:
    """Return the card of a model that people may choose."""
    card = offered_card(model_id)
    if card is None:
        raise CommandRejected(
            "unknown_model",
            f"The model {model_id[:80]!r} is not offered here. Choose another one.",
        )
    return card


def resolve_tools(
    user: AbstractBaseUser, card: ModelCard, names: Sequence[str]
) -> list[Definition]:
    """Return what a conversation with these tools declares."""
    try:
        return definitions(user.pk, card, names)
    except UnknownTool as unknown:
        raise CommandRejected(
            "unknown_tool",
            f"The tool {str(unknown.args[0])[:80]!r} is not offered here with"
            f" {card.display_name}. Reload the page and choose again.",
        ) from None


def resolve_schema(
    text: str | None, tools: Sequence[Definition]
) -> dict[str, Any] | None:
    """Return the schema that the answers of a new conversation have to fit."""
    if text is None or not text.strip():
        return None
    try:
        schema = json_mode.read_schema(text)
    except json_mode.BadSchema as bad:
        raise CommandRejected(
            "invalid_schema", f"The JSON schema cannot be used. {bad}"
        ) from None
    if clash := json_mode.clash(tools):
        raise CommandRejected("unsupported_setting", clash)
    return schema


def require_no_prefix(command: SendMessage) -> None:
    """Refuse what only a first message can fix: Claude's thinking is bound to it."""
    if command.tools:
        raise CommandRejected(
            "tools_are_fixed",
            "The tools of a conversation are chosen with its first message. Start a new"
            " conversation to use others.",
        )
    if command.json_schema:
        raise CommandRejected(
            "schema_is_fixed",
            "The JSON schema of a conversation is given with its first message. Start a"
            " new conversation to use another.",
        )


def require_served(card: ModelCard, chosen: Settings) -> None:
    """Refuse a speed, a place or a capacity that the model does not offer."""
    if problem := serving.settings_problem(card, chosen):
        raise CommandRejected("unsupported_setting", problem, action="change_model")


def require_fitting(
    card: ModelCard, message: Message, prefix: Prefix, effort: str, thinking: str
) -> None:
    """Refuse what the model could not take: settings, kinds, or sums of the path."""
    files = files_on_path(message)
    problem = compatibility.check(card, files, effort, thinking, prefix)
    if problem is not None:
        raise CommandRejected(problem.type, problem.message, action=problem.action)


_links = PreparedQuery(
    lambda conversation: Message.attachments.through.objects.filter(
        message__conversation_id=conversation
    ).values_list("message_id", "attachment_id"),
    conversation=models.UUIDField(),
)


def files_on_path(leaf: Message) -> list[Attachment]:
    """Return the attachments of a path, each as often as it is sent."""
    pairs = _links.rows(conversation=leaf.conversation_id)
    if not pairs:
        return []
    path = Branches.of(leaf.conversation).path(leaf.id)
    ids = [node.id for node in path]
    if (found := newest_on(leaf.conversation_id, ids)) is not None:
        # What was compacted is not sent any more.
        ids = ids[found[1] + 1 :]
    on_path = set(ids)
    sent = [
        attachment_id for message_id, attachment_id in pairs if message_id in on_path
    ]
    files = Attachment.objects.in_bulk(set(sent))
    return [files[attachment_id] for attachment_id in sent]
