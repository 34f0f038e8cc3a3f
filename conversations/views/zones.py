"""The reader's time zone."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest


def zone_of(request: HttpRequest) -> ZoneInfo:
    """Return the time zone that the browser tells in a cookie, else UTC."""
    try:
        return ZoneInfo(request.COOKIES.get("timezone", "UTC"))
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")
