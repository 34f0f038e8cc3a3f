"""Pages and fragments go out compressed; files keep their own ways."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

COMPRESSED_TYPES = ("text/html", "application/json")


class CompressPages(GZipMiddleware):
    """Compress what Django writes itself.

    Attachments stream with ranges and a length of their own, static files are
    compressed once when they are collected. The secrets of a page are safe from its
    length: Django masks the CSRF token anew in each page, and the base class adds a
    random number of bytes (BREACH).
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress a whole page, leave everything else as it is."""
        content_type = response.headers.get("Content-Type", "")
        if response.streaming or not content_type.startswith(COMPRESSED_TYPES):
            return response
        return super().process_response(request, response)
