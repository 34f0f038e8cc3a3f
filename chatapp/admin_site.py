"""Django's admin under our log-in and its own content security policy."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.csp import csp_override


class ColloquyAdminSite(AdminSite):
    site_header = "Colloquy administration"
    site_title = "Colloquy administration"
    index_title = "Administration"

    def admin_view[View: Callable[..., HttpResponseBase]](
        self, view: View, cacheable: bool = False
    ) -> View:
        """Let admin pages do without Trusted Types, which their jQuery breaks."""
        return csp_override(settings.ADMIN_CSP)(super().admin_view(view, cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send people to the one log-in page: the admin's own has no throttle."""
        if request.user.is_authenticated:
            # Logged in without the right: another log-in page would only go in circles.
            raise PermissionDenied("This account may not use the administration.")
        # allauth checks that it leads back to this site.
        target = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        return redirect_to_login(target)
