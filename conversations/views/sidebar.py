"""The list of a person's conversations, grouped by date."""

import datetime
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from conversations.models import Conversation

from .zones import zone_of

ROWS = 50  # ours: more than a screen, less than a wait
MAX_PAGES = 40  # ours: beyond it the list is for searching, not for scrolling


@dataclass(frozen=True)
class Group:
    """Conversations of one stretch of time."""

    title: str
    conversations: list[Conversation]


@require_safe
@login_required
def sidebar(request: HttpRequest) -> HttpResponse:
    """Answer with the list, to be put into a page that is already open."""
    return render(request, "conversations/sidebar.html", sidebar_context(request))


@require_safe
@login_required
def conversations(request: HttpRequest) -> HttpResponse:
    """Show the list as a page of its own."""
    context = sidebar_context(request)
    return render(request, "conversations/conversations.html", context)


def sidebar_context(
    request: HttpRequest, current: Conversation | None = None
) -> dict[str, Any]:
    """Return what the list's template needs. One query."""
    page = _page_number(request)
    rows = Conversation.objects.visible_to(request.user).recent_first()
    rows = rows.only("id", "title", "tags", "updated_at")
    found = list(rows[: ROWS * page + 1])
    return {
        "groups": group_by_date(found[: ROWS * page], _today(request)),
        "next_page": page + 1 if len(found) > ROWS * page else None,
        "current": current.id if current else _current(request),
    }


def group_by_date(
    conversations: list[Conversation], now: datetime.datetime
) -> list[Group]:
    """Group rows that are in order, newest first, as people speak of days."""
    groups = groupby(conversations, key=lambda row: _group_title(row.updated_at, now))
    return [Group(title, list(rows)) for title, rows in groups]


def _group_title(updated_at: datetime.datetime, now: datetime.datetime) -> str:
    date = updated_at.astimezone(now.tzinfo).date()
    days = (now.date() - date).days
    if days < 1:
        return "Today"
    if days == 1:
        return "Yesterday"
    if days <= 7:
        return "Previous 7 days"
    return f"{date:%B}" if date.year == now.year else f"{date:%B %Y}"


def _today(request: HttpRequest) -> datetime.datetime:
    """Return now in the reader's time zone."""
    return timezone.now().astimezone(zone_of(request))


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    is_number = text.isdecimal() and len(text) < 5  # int() refuses thousands of digits
    return min(max(int(text), 1), MAX_PAGES) if is_number else 1


def _current(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("current", ""))
    except (ValueError, ValidationError):
        return None
