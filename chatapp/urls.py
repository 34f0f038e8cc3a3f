"""The site map."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("conversations.urls")),
    path("", include("chatapp.accounts.urls")),
    path("admin/", admin.site.urls),
]

# allauth looks it up here.
handler429 = "chatapp.errors.too_many_requests"
