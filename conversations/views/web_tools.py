"""What a person allows Claude on the web, for the conversations to come."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from conversations.models import WebTools

from .web_tools_form import WebToolsForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def web_tools(request: HttpRequest) -> HttpResponse:
    """Show the form, or store it and show it again."""
    found = WebTools.of(request.user.pk)
    sent = request.POST if request.method == "POST" else None
    form = WebToolsForm(sent, instance=found)
    if sent is not None and form.is_valid():
        form.save()
        messages.success(request, "Saved. New conversations begin with this.")
        return redirect("conversations:web_tools")
    status = 422 if form.errors else 200
    return render(
        request, "conversations/web_tools.html", {"form": form}, status=status
    )
