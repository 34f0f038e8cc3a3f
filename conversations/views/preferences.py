"""What a person likes: a page to see and change it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from conversations.forms import PreferencesForm
from conversations.models.preferences import preferences_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """Show the asker's own preferences, and store what they post."""
    found = preferences_of(request.user.pk)
    posted = request.POST if request.method == "POST" else None
    form = PreferencesForm(posted, instance=found)
    if posted is not None and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("conversations:preferences")
    return render(request, "conversations/preferences.html", {"form": form})
