"""The site map."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path


def favicon(request: HttpRequest) -> HttpResponse:
    """Lead to the mark: a tab that shows a file asks for it here."""
    return redirect(static("img/mark.svg"))


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("conversations.urls")),
    path("", include("chatapp.accounts.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", favicon, name="favicon"),
]

handler500 = "chatapp.errors.server_error"
# allauth looks it up here.
handler429 = "chatapp.errors.too_many_requests"
