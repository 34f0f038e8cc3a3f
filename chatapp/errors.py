"""Error pages: what happened and what to do next, in plain words."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.defaults import server_error as unexpected_error

RETRY_AFTER_SECONDS = 5


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not prove that it came from one of our pages."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer an address that allauth's rate limit has stopped."""
    return render(request, "429.html", status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request that broke; a database that is away is a reason of its own."""
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        return unexpected_error(request)
    # Without the request: its context would ask the database who is reading.
    page = render_to_string("503.html")
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return HttpResponse(page, status=503, headers=headers)
