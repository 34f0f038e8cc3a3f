"""Response headers that Django has no setting for."""

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

type View = Callable[[HttpRequest], HttpResponseBase]
type AsyncView = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

# Everything off that a chat does not use; clipboard and full screen stay for this origin.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "geolocation",
        "gyroscope",
        "hid",
        "idle-detection",
        "local-fonts",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "publickey-credentials-get",
        "screen-wake-lock",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
)

HEADERS = {
    # Other sites may not load anything of ours, not even as a picture.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
}


@sync_and_async_middleware
def SecurityHeadersMiddleware(get_response: View | AsyncView) -> View | AsyncView:  # noqa: N802
    """Add HEADERS to every answer that does not bring its own."""
    if iscoroutinefunction(get_response):
        answer_async = cast(AsyncView, get_response)

        async def add_async(request: HttpRequest) -> HttpResponseBase:
            return with_headers(await answer_async(request))

        return add_async

    answer = cast(View, get_response)

    def add(request: HttpRequest) -> HttpResponseBase:
        return with_headers(answer(request))

    return add


def with_headers(response: HttpResponseBase) -> HttpResponseBase:
    """Return `response` with HEADERS, and a rule against caches unless it set one."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    # Pages hold a person's conversations and a nonce that must not come twice.
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response
