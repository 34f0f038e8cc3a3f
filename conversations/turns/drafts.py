"""A message that somebody is still writing: who may see it counted, and the count."""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from conversations.catalog import default_model
from conversations.claude import ClaudeError
from conversations.models import (
    Conversation,
    Message,
    ModelCard,
    Prefix,
    Role,
    Turn,
)
from conversations.models.conversation import find_visible
from conversations.models.message import find_path
from conversations.models.prefix import find_prefix
from conversations.models.reading import read
from conversations.prompts.compaction import compacted
from conversations.prompts.counting import (
    PLACEHOLDER,
    Draft,
    Weight,
    draft_params,
    weigh,
)
from conversations.prompts.prefix import opaque_id
from conversations.protocol.commands import CommandRejected, EditMessage, SendMessage
from conversations.upstream import get_client

from .checks import resolve_attachments, resolve_card, resolve_schema, resolve_tools

type DraftCommand = SendMessage | EditMessage

COUNT_SECONDS = 6.0  # ours: an estimate now is worth more than a count too late
# ours: with more, what stays the same is counted once and only the text again
LARGE_FILES_BYTES = 256 * 1024
KEPT_COUNTS = 500


@dataclass(frozen=True)
class Count:
    """Input tokens of a draft; not exact when Claude could not be asked."""

    input_tokens: int
    is_exact: bool
    weight: Weight


def read_draft(user: AbstractBaseUser, command: DraftCommand) -> Draft:
    """Return what a command would send. Raises CommandRejected for what is not there."""
    card = resolve_card(command.model or default_model())
    conversation, leaf = _place_of(user, command)
    if conversation is None:
        prefix = _prefix_of(user, card, command)
        conversation = Conversation(owner_id=user.pk, prefix=prefix)
    else:
        prefix = find_prefix(conversation.prefix_id)
    turn = Turn(
        conversation=conversation,
        model=card.model_id,
        effort=command.effort or "",
        thinking=command.thinking or "",
        speed=command.speed or "",
        later=isinstance(command, SendMessage) and command.later,
    )
    return Draft(
        turn=turn,
        card=card,
        prefix=prefix,
        path=compacted(find_path(leaf)) if leaf else [],
        text=command.text,
        attachments=resolve_attachments(user, command.attachments),
    )


async def count(draft: Draft) -> Count:
    """Ask Claude how long the request would be; where that fails, estimate."""
    weight = await read(weigh, draft)
    try:
        async with asyncio.timeout(COUNT_SECONDS):
            tokens = await _ask(draft, weight)
    except (ClaudeError, TimeoutError):
        return Count(weight.tokens, is_exact=False, weight=weight)
    return Count(tokens, is_exact=True, weight=weight)


async def _ask(draft: Draft, weight: Weight) -> int:
    if weight.file_bytes <= LARGE_FILES_BYTES:
        return await _count(draft, await read(draft_params, draft, draft.text))
    # Megabytes are not sent again for every pause in typing.
    key = _key_of(draft)
    rest = await _kept(draft, key, lambda: draft_params(draft, PLACEHOLDER))
    if not draft.text:
        return rest
    model = draft.card.wire_model
    frame = await _kept(
        draft, draft.turn.model, lambda: _text_alone(model, PLACEHOLDER)
    )
    return rest + await _count(draft, _text_alone(model, draft.text)) - frame


async def _kept(draft: Draft, key: str, params: Any) -> int:
    if (known := _counts.get(key)) is None:
        known = _counts[key] = await _count(draft, await read(params))
        while len(_counts) > KEPT_COUNTS:
            _counts.popitem(last=False)
    return known


async def _count(draft: Draft, params: dict[str, Any]) -> int:
    return await get_client(draft.card.provider).count_tokens(params)


def _text_alone(model: str, text: str) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}]}


def _key_of(draft: Draft) -> str:
    """Name all of a draft but its text: what is sent for these never changes."""
    turn = draft.turn
    parts = (
        turn.model,
        turn.effort,
        turn.thinking,
        turn.speed,
        draft.prefix.system,
        draft.prefix.tools,
        draft.prefix.json_schema,
        [message.id for message in draft.path],
        [item.id for item in draft.attachments],
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _prefix_of(
    user: AbstractBaseUser, card: ModelCard, command: DraftCommand
) -> Prefix:
    """Return the prefix of a conversation that would begin with this."""
    prefix = Prefix(metadata_user_id=opaque_id(user))
    if isinstance(command, SendMessage):
        prefix.tools = resolve_tools(user, card, command.tools)
        prefix.json_schema = resolve_schema(command.json_schema, prefix.tools)
        prefix.citations = prefix.json_schema is None
    return prefix


_counts: OrderedDict[str, int] = OrderedDict()


def _place_of(
    user: AbstractBaseUser, command: DraftCommand
) -> tuple[Conversation | None, UUID | None]:
    """Return the conversation, None for a new one, and the message above the draft."""
    if isinstance(command, EditMessage):
        visible = Message.objects.visible_to(user).select_related("conversation")
        edited = visible.filter(id=command.message, role=Role.USER).first()
        if edited is None:
            raise CommandRejected("not_found", "There is no such message to edit.")
        return edited.conversation, edited.parent_id
    if command.conversation is None:
        return None, None
    conversation = find_visible(user, command.conversation)
    if conversation is None:
        raise CommandRejected("not_found", "There is no such conversation.")
    leaf = command.parent or conversation.leaf_id
    if leaf and not conversation.messages.filter(id=leaf).exists():
        raise CommandRejected("not_found", "There is no such message to answer.")
    return conversation, leaf
