"""Pieces of a conversation, for a page that is already open."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from conversations.models import Conversation, Turn
from conversations.transcripts.pages import (
    Page,
    UnknownMessage,
    read_message,
    read_turn,
)

from .pages import requested_page


@require_safe
@login_required
def messages(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Answer with the newest messages of a branch, or with those before one."""
    found = _visible(request, conversation_id)
    return _answer(request, found, requested_page(request, found))


@require_safe
@login_required
def message(
    request: HttpRequest, conversation_id: UUID, message_id: UUID
) -> HttpResponse:
    """Answer with one message, or with the whole answer that it belongs to."""
    found = _visible(request, conversation_id)
    try:
        entry = read_message(found, message_id)
    except UnknownMessage:
        raise Http404("There is no such message.") from None
    return _answer(request, found, Page([entry], found.leaf_id))


@require_safe
@login_required
def turn(request: HttpRequest, conversation_id: UUID, turn_id: UUID) -> HttpResponse:
    """Answer with a turn's answer, also when it ended without a word."""
    turns = Turn.objects.visible_to(request.user).select_related("conversation")
    found = get_object_or_404(turns, id=turn_id, conversation=conversation_id)
    page = Page([read_turn(found)], found.conversation.leaf_id)
    return _answer(request, found.conversation, page)


def _visible(request: HttpRequest, conversation_id: UUID) -> Conversation:
    visible = Conversation.objects.visible_to(request.user)
    return get_object_or_404(visible, id=conversation_id)


def _answer(request: HttpRequest, found: Conversation, page: Page[Any]) -> HttpResponse:
    context = {"conversation": found, "page": page}
    return render(request, "conversations/messages.html", context)
