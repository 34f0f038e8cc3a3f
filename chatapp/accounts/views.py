"""The page behind the one-time set-up link."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from chatapp.accounts import setup_link
from chatapp.accounts.forms import FirstAdministratorForm
from chatapp.accounts.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first administrator, once; then the link is as good as never made."""
    if has_administrator() or not setup_link.is_valid(token, settings.DATA_DIR):
        raise Http404("This set-up link is used up or was never made.")
    form = FirstAdministratorForm(request.POST or None)
    if not form.is_valid():
        return render(request, "account/setup.html", {"form": form})
    # Before the account exists: two browsers that press the button together must not
    # both become administrators.
    if not setup_link.use_up(settings.DATA_DIR):
        raise Http404("This set-up link is used up.")
    login(request, form.save())
    return redirect(settings.LOGIN_REDIRECT_URL)


def has_administrator() -> bool:
    """Say whether anybody can already administer this installation."""
    return User.objects.filter(is_superuser=True).exists()
