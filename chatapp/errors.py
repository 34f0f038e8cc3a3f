"""Error pages: what happened and what to do next, in plain words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not prove that it came from one of our pages."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer an address that allauth's rate limit has stopped."""
    return render(request, "429.html", status=429)
