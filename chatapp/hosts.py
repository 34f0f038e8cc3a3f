"""Which Host a request may name; any other gets a page that says what to set."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.decorators import sync_and_async_middleware

from chatapp.addresses import parse_origin

type View = Callable[[HttpRequest], HttpResponseBase]
type AsyncView = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

# Container health checks and load balancers call these by whatever address they know.
PROBE_PATHS = frozenset({"/healthz", "/readyz"})


class OnlyProbes:
    """Hands the probes on and answers 404 to every other path: no pages here."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] in PROBE_PATHS:
            await self.application(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        body = b"This process answers turns. Its pages are served by another one.\n"
        await send({"type": "http.response.body", "body": body})


@sync_and_async_middleware
def TrustedHostMiddleware(get_response: View | AsyncView) -> View | AsyncView:  # noqa: N802
    """Answer a page opened under an untrusted address with the setting to change.

    Django's own check ignores the port, and its answer is a bare 400; behind a mapped
    port the page would open and its socket be refused.
    """
    if iscoroutinefunction(get_response):
        answer_async = cast(AsyncView, get_response)

        async def check_async(request: HttpRequest) -> HttpResponseBase:
            if _is_acceptable(request):
                return await answer_async(request)
            return await sync_to_async(wrong_host)(request)

        return check_async

    answer = cast(View, get_response)

    def check(request: HttpRequest) -> HttpResponseBase:
        return answer(request) if _is_acceptable(request) else wrong_host(request)

    return check


def _is_acceptable(request: HttpRequest) -> bool:
    if request.path in PROBE_PATHS:
        request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0]
        return True
    return called_origin(request) in settings.TRUSTED_ORIGINS


def called_origin(request: HttpRequest) -> str | None:
    """Return the origin under which the caller reached us, or None if it makes no sense."""
    host = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")
    scheme = "https" if settings.IS_HTTPS else "http"
    try:
        return str(parse_origin(f"{scheme}://{host}".lower()))
    except ValueError:
        return None


def wrong_host(request: HttpRequest) -> HttpResponse:
    """Say under which address this installation answers, and how to change that."""
    context = {
        "trusted_origins": settings.TRUSTED_ORIGINS,
        "called_origin": called_origin(request),
    }
    # Without the request: nothing of an unknown host's session may show.
    return HttpResponse(render_to_string("wrong_host.html", context), status=400)
