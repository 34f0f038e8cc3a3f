"""What a person allows the tools: a page of their own."""

from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from conversations.forms import PermissionsForm
from conversations.models import Permission
from conversations.tools.permissions import PermissionRow, rows_of, set_permission


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def tools(request: HttpRequest) -> HttpResponse:
    """Show every tool with what holds for it, or store what was chosen."""
    rows = rows_of(request.user.pk)
    form = PermissionsForm(request.POST or None, rows=rows)
    if request.method != "POST" or not form.is_valid():
        return render(request, "conversations/tools.html", {"form": form})
    for key, permission in _changed(rows, form.chosen()).items():
        set_permission(request.user.pk, key, permission)
    messages.success(request, "Saved.")
    return redirect("conversations:tools")


def _changed(
    rows: Sequence[PermissionRow], chosen: Mapping[str, Permission]
) -> dict[str, Permission]:
    """Return what is new: a default that nobody touched stays a default."""
    return {
        row.key: chosen[row.key] for row in rows if chosen[row.key] != row.permission
    }
