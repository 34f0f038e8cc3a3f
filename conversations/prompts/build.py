"""The body of a request, from the stored path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from conversations.models import (
    Conversation,
    Message,
    ModelCard,
    Prefix,
    Provider,
    Turn,
)
from conversations.models.message import find_path
from conversations.models.prefix import find_prefix
from conversations.usage.cached import CacheUse, recent_uses

from .attachments import expand, stored_files
from .caching import choose_marker, place_breakpoints
from .compaction import compacted, place_stand_in
from .container import container_params
from .diagnosis import find_problems
from .documents import documents_of
from .history import sent_messages
from .json_mode import format_params
from .repairs import repairs_of
from .sent_forms import Waiting, sent_forms
from .serving import serving_params
from .thinking import effort_params, max_tokens, thinking_betas, thinking_params


@dataclass(frozen=True)
class Prompt:
    """A request body, and which attachment each of its documents is.

    `provider` is whom to ask; None is the platform of the environment. `needs_mending`
    says that the API would refuse the history as it stands: have it mended (doctor.py)
    and build again. Files in `waiting` shall be uploaded first, then build again.
    """

    params: dict[str, Any]
    documents: list[dict[str, Any]]
    needs_mending: bool
    waiting: list[Waiting]
    provider: Provider | None = None
    # When it was built, and how the answer before it used the cache, if there is one.
    built_at: datetime | None = None
    cache_use: CacheUse | None = None
    # What the API calls that answer.
    previous_id: str = ""


def build_prompt(
    turn: Turn,
    card: ModelCard,
    path: Sequence[Message] | None = None,
    prefix: Prefix | None = None,
) -> Prompt:
    """Build the first request of a turn. Reads rows and files: not for the event loop.

    `path` and `prefix` are given for a turn that is not stored, to count it.
    """
    conversation = turn.conversation
    path = path or path_of(turn)
    sent = sent_messages(path, repairs_of(path))
    messages = [item.as_param() for item in sent]
    stored = stored_files(messages, conversation.owner_id)
    forms = sent_forms(turn, card, stored)
    expanded = expand(messages, stored, forms.sources)
    params = {
        "model": card.wire_model,
        "max_tokens": max_tokens(card),
        **prefix_params(conversation, prefix),
        "messages": expanded.messages,
        **thinking_params(card, turn.thinking),
        **serving_params(card, turn),
    }
    params |= container_params(card, path, params.get("tools", ()))
    if betas := thinking_betas(card, turn.thinking):
        params["betas"] = [*params.get("betas", ()), *betas]
    if effort := effort_params(card, turn.effort):
        # Beside the schema of a conversation in JSON mode.
        params["output_config"] = {
            **effort["output_config"],
            **params.get("output_config", {}),
        }
    place_stand_in(params, card)
    now = timezone.now()
    uses = recent_uses(path)
    place_breakpoints(params, choose_marker(card, uses, now))
    return Prompt(
        params,
        documents_of(messages, stored),
        needs_mending=bool(find_problems(sent, expanded.gone)),
        waiting=forms.waiting,
        provider=card.provider,
        built_at=now,
        cache_use=uses[-1] if uses else None,
        previous_id=next((m.upstream_id for m in reversed(path) if m.upstream_id), ""),
    )


def path_of(turn: Turn) -> list[Message]:
    """Return the messages from the root to the one that a turn answers.

    What was compacted of them is one message, which stands for the others.
    """
    return compacted(find_path(turn.user_message_id))


def prefix_params(
    conversation: Conversation, prefix: Prefix | None = None
) -> dict[str, Any]:
    """Return what every request of a conversation begins with."""
    prefix = prefix or find_prefix(conversation.prefix_id)
    params: dict[str, Any] = {"metadata": {"user_id": prefix.metadata_user_id}}
    if prefix.system:
        params["system"] = prefix.system
    if prefix.tools:
        params["tools"] = prefix.tools
    return params | format_params(prefix)
