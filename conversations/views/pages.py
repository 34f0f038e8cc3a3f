"""The two pages where people talk with Claude: a new conversation, and an open one."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from conversations.forms import ComposerForm
from conversations.models import Conversation
from conversations.transcripts.entries import Entry
from conversations.transcripts.kept import KeptEntry, kept_entries
from conversations.transcripts.pages import Page, UnknownMessage, read_page_to_print

from .blanks import BLANKS
from .page_data import composer_context
from .sidebar import sidebar_context

PROMPTS = (
    (
        "Explain a hard idea",
        "Explain how a public key can be shown to everybody and still keep secrets.",
    ),
    (
        "Work through a document",
        "Summarise the attached document in ten points, with the pages.",
    ),
    (
        "Write with me",
        "Help me write a friendly mail that moves a meeting to next week.",
    ),
    ("Review some code", "Review this function and suggest a simpler version:\n\n"),
)


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Show an empty conversation; its first message makes it a real one."""
    return render(request, "conversations/home.html", home_context(request))


@require_safe
@login_required
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Show the newest messages of a branch (`?leaf=`), or those `?before=` one."""
    found = get_object_or_404(
        Conversation.objects.visible_to(request.user).select_related("prefix"),
        id=conversation_id,
    )
    page = requested_page(request, found)
    context = conversation_context(request, found, page)
    return render(request, "conversations/conversation.html", context)


def home_context(
    request: HttpRequest, form: ComposerForm | None = None
) -> dict[str, Any]:
    """Return what the empty page needs; `form` shows what was wrong with a message."""
    context = {
        **sidebar_context(request),
        **composer_context(request, None, None),
        "blank": BLANKS,
        "prompts": PROMPTS,
    }
    return context | {"form": form} if form else context


def conversation_context(
    request: HttpRequest,
    found: Conversation,
    page: Page[Entry | KeptEntry],
    form: ComposerForm | None = None,
) -> dict[str, Any]:
    """Return what the page needs; `form` shows what was wrong with a message."""
    context = {
        **sidebar_context(request, found),
        **composer_context(request, found, page.leaf),
        "blank": BLANKS,
        "conversation": found,
        "page": page,
    }
    return context | {"form": form} if form else context


def requested_page(
    request: HttpRequest, found: Conversation
) -> Page[Entry | KeptEntry]:
    """Read the page that `?leaf=` and `?before=` name, or raise Http404."""
    try:
        leaf, before = _id(request, "leaf"), _id(request, "before")
        return read_page_to_print(found, leaf, before, kept=kept_entries)
    except (UnknownMessage, ValueError):
        raise Http404("There is no such message.") from None


def _id(request: HttpRequest, name: str) -> UUID | None:
    text = request.GET.get(name)
    return UUID(text) if text else None
