"""What the page tells its JavaScript, and what its form begins with."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from conversations import catalog
from conversations.forms import (
    EFFORT_LABELS,
    SERVING_LABELS,
    THINKING_LABELS,
    ComposerForm,
    Options,
    serving_options,
)
from conversations.models import Conversation, Turn
from conversations.models.preferences import wants_suggestions
from conversations.prompts.json_mode import EXAMPLES
from conversations.protocol.commands import MAX_ATTACHMENTS, MAX_TEXT_CHARACTERS
from conversations.turns.objects import conversation_object
from conversations.upstream import is_simulated

from .tool_choices import declared_titles, tool_choices

# They stand for the ids in the addresses that JavaScript fills in.
FIRST_ID = UUID(int=0)
SECOND_ID = UUID("11111111-1111-1111-1111-111111111111")
# What conversations/attachments takes; the server looks at the bytes, not at this.
ACCEPT = (
    "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/*,"
    ".docx,.xlsx,.pptx,"
    ".md,.csv,.json,.yaml,.yml,.toml,.xml,.sql,.py,.js,.ts,.jsx,.tsx,.java,.c,.h,"
    ".cpp,.cs,.go,.rs,.rb,.php,.swift,.kt,.sh,.css,.tex,.log"
)


def composer_context(
    request: HttpRequest, conversation: Conversation | None, leaf: UUID | None
) -> dict[str, Any]:
    """Return the composer's form and the page data. Two queries at most."""
    cards = catalog.offered_cards()
    choices = [catalog.choice_of(card) for card in cards]
    tools = [] if conversation else tool_choices(request.user.pk, cards)
    default = catalog.default_among(choices)
    last = _last_turn(conversation)
    serving = {card.model_id: serving_options(card) for card in cards}
    chosen = _chosen(last, choices, default) | _chosen_serving(last, serving)
    simulated = is_simulated() and not any(choice.provider for choice in choices)
    form = ComposerForm(
        choices=choices,
        tools=tools,
        serving=serving,
        initial={**chosen, "parent": leaf},
        auto_id="composer-%s",
    )
    return {
        "form": form,
        "model_groups": catalog.by_provider(choices),
        "json_examples": EXAMPLES,
        "accept": ACCEPT,
        "declared_tools": declared_titles(conversation) if conversation else [],
        "is_simulated": simulated,
        "page_data": {
            "user": {"id": str(request.user.pk), "name": request.user.get_username()},
            "conversation": conversation and conversation_object(conversation),
            "leaf": leaf and str(leaf),
            "models": [choice.as_json() for choice in choices],
            "serving": serving,
            "suggests": wants_suggestions(request.user.pk),
            "tools": [
                {"name": tool.name, "title": tool.title, "lacking": tool.lacking}
                for tool in tools
            ],
            "default_model": default,
            **chosen,
            "effort_labels": EFFORT_LABELS,
            "thinking_labels": THINKING_LABELS,
            "simulated": simulated,
            "limits": {
                "text_characters": MAX_TEXT_CHARACTERS,
                "attachments": MAX_ATTACHMENTS,
            },
            "accept": ACCEPT,
            "urls": _urls(),
        },
    }


def _last_turn(conversation: Conversation | None) -> Turn | None:
    if conversation is None:
        return None
    turns = conversation.turns.only("model", "effort", "thinking", *SERVING_LABELS)
    return turns.order_by("-id").first()


def _chosen(
    last: Turn | None, choices: list[catalog.Choice], default: str
) -> dict[str, str]:
    """Keep what the last turn was asked with, as far as it is still offered."""
    model = last.model if last else default
    choice = next((choice for choice in choices if choice.id == model), None)
    if choice is None:
        return {"model": default, "effort": "", "thinking": ""}
    effort, thinking = (last.effort, last.thinking) if last else ("", "")
    return {
        "model": choice.id,
        "effort": effort if effort in choice.efforts else "",
        "thinking": thinking if thinking in choice.thinking else "",
    }


def _chosen_serving(
    last: Turn | None, serving: Mapping[str, dict[str, Options]]
) -> dict[str, str]:
    """Keep how the last turn was asked to be served, as far as that is still offered."""
    offered = serving.get(last.model, {}) if last else {}
    kept = {name: getattr(last, name, "") for name in SERVING_LABELS}
    return {
        name: value if value in dict(offered.get(name, [])) else ""
        for name, value in kept.items()
    }


@cache
def _urls() -> dict[str, str]:
    one = [FIRST_ID]
    two = [FIRST_ID, SECOND_ID]
    return {
        "socket": "/ws/",
        "home": reverse("conversations:home"),
        "conversation": reverse("conversations:conversation", args=one),
        "messages": reverse("conversations:messages", args=one),
        "message": reverse("conversations:message", args=two),
        "turn": reverse("conversations:turn", args=two),
        "compact_itself": reverse("conversations:compact_itself", args=one),
        "compact": reverse("conversations:compact", args=one),
        "cancel_compaction": reverse("conversations:cancel_compaction", args=two),
        "rename": reverse("conversations:rename", args=one),
        "delete": reverse("conversations:delete", args=one),
        "sidebar": reverse("conversations:sidebar"),
        "attachments": reverse("conversations:attachments"),
        "count": reverse("conversations:count_draft"),
        "json_schema": reverse("conversations:json_schema"),
    }
