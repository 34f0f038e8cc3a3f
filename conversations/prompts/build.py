"""The body of a request, from the stored path."""

from dataclasses import dataclass
from typing import Any

from conversations.models import Conversation, ModelCard, Turn
from conversations.models.branches import Branches

from .attachments import expand
from .caching import place_breakpoints
from .documents import documents_of
from .history import api_messages
from .thinking import effort_params, max_tokens, thinking_params


@dataclass(frozen=True)
class Prompt:
    """A request body, and which attachment each of its documents is."""

    params: dict[str, Any]
    documents: list[dict[str, Any]]


def build_prompt(turn: Turn, card: ModelCard) -> Prompt:
    """Build the first request of a turn. Reads rows and files: not for the event loop.

    Raises AttachmentGone.
    """
    conversation = turn.conversation
    branches = Branches.of(conversation)
    messages = api_messages(branches.messages_to(turn.user_message_id))
    documents = documents_of(messages, conversation.owner_id)
    params = {
        "model": turn.model,
        "max_tokens": max_tokens(card),
        **prefix_params(conversation),
        "messages": expand(messages, conversation.owner_id),
        **thinking_params(card, turn.thinking),
        **effort_params(card, turn.effort),
    }
    place_breakpoints(params)
    return Prompt(params, documents)


def prefix_params(conversation: Conversation) -> dict[str, Any]:
    """Return what every request of a conversation begins with."""
    prefix = conversation.prefix
    params: dict[str, Any] = {"metadata": {"user_id": prefix.metadata_user_id}}
    if prefix.system:
        params["system"] = prefix.system
    if prefix.tools:
        params["tools"] = prefix.tools
    return params
