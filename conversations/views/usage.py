"""What the asking person used and what it cost."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from conversations.models import UsageRecord
from conversations.usage.reports import (
    NOTHING,
    Month,
    dearest_conversations,
    months_by_model,
)
from conversations.usage.sheets import months_as_csv

from .zones import zone_of

SHOWN_MONTHS = 24  # ours: two years to compare; the file has everything
SHOWN_CONVERSATIONS = 10


@require_safe
@login_required
def usage(request: HttpRequest) -> HttpResponse:
    """Show the months with their models, and what cost most in this one."""
    found = _months(request)
    now = timezone.now().astimezone(zone_of(request))
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    is_current = bool(found) and found[0].day == first.date()
    records = UsageRecord.objects.paid_by(request.user)
    context = {
        "months": found[:SHOWN_MONTHS],
        "is_cut": len(found) > SHOWN_MONTHS,
        "today": now.date(),
        "dearest": dearest_conversations(records, first, SHOWN_CONVERSATIONS),
        "current": found[0].total if is_current else NOTHING,
    }
    return render(request, "conversations/usage.html", context)


@require_safe
@login_required
def usage_csv(request: HttpRequest) -> HttpResponse:
    """Answer with all months as a file for spreadsheets."""
    return HttpResponse(
        months_as_csv(_months(request), "model"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="usage.csv"'},
    )


def _months(request: HttpRequest) -> list[Month]:
    records = UsageRecord.objects.paid_by(request.user)
    return months_by_model(records, zone_of(request))
