"""Answers with a stored file: in parts when asked, never as a page of our origin."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

from conversations.attachments.ranges import (
    ByteRange,
    RangeNotSatisfiable,
    parse_range,
)

logger = logging.getLogger(__name__)

CHUNK_BYTES = 256 * 1024  # ours: few thread hops, little memory per download

HEADERS = {
    "Accept-Ranges": "bytes",
    # Every look is checked against the owner: after log-out nothing is left in a cache.
    "Cache-Control": "private, no-store",
    # Whatever the bytes are, they run nothing and reach nothing. Django's middleware
    # leaves a policy alone that a response brings along. Browsers style the page that
    # they make around a lone picture inline.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class StoredFile:
    """A stored file and how it is called outside. `etag` stands for its bytes."""

    storage_name: str
    media_type: str
    etag: str
    name: str
    is_saved: bool = False  # by the browser, which otherwise may show it

    @property
    def headers(self) -> dict[str, str]:
        is_text = self.media_type.startswith("text/")
        charset = "; charset=utf-8" if is_text else ""
        return HEADERS | {
            "Content-Type": self.media_type + charset,
            "Content-Disposition": content_disposition_header(self.is_saved, self.name)
            or "",
            "ETag": f'"{self.etag}"',
        }


async def serve(request: HttpRequest, stored: StoredFile) -> HttpResponseBase:
    """Answer GET or HEAD with the file, a part of it, 304, 412 or 416.

    Raises Http404 when the row has lost its file.
    """
    size = await _size(stored)
    headers = stored.headers
    unchanged = get_conditional_response(request, etag=headers["ETag"])
    if unchanged is not None:
        for name, text in headers.items():
            unchanged.headers[name] = text
        return unchanged
    try:
        part = _asked_part(request, headers["ETag"], size)
    except RangeNotSatisfiable:
        headers |= {"Content-Range": f"bytes */{size}"}
        return HttpResponse(status=416, headers=headers)
    if part is None:
        part, status = ByteRange(0, size), 200
    else:
        status = 206
        headers |= {"Content-Range": part.content_range(size)}
    headers |= {"Content-Length": str(part.length)}
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    content = _chunks(stored.storage_name, part)
    return StreamingHttpResponse(content, status=status, headers=headers)


async def _size(stored: StoredFile) -> int:
    try:
        return await sync_to_async(default_storage.size)(stored.storage_name)
    except FileNotFoundError as error:
        logger.exception("A stored file is missing: %s", stored.storage_name)
        raise Http404 from error


def _asked_part(request: HttpRequest, etag: str, size: int) -> ByteRange | None:
    header = request.headers.get("Range")
    # A range is defined for GET only, and asked of one version of the file.
    if header is None or request.method != "GET":
        return None
    if request.headers.get("If-Range", etag).strip() != etag:
        return None
    return parse_range(header, size)


async def _chunks(storage_name: str, part: ByteRange) -> AsyncIterator[bytes]:
    file = await sync_to_async(default_storage.open)(storage_name)
    try:
        await sync_to_async(file.seek)(part.start)
        left = part.length
        while left > 0:
            chunk = await sync_to_async(file.read)(min(CHUNK_BYTES, left))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk
    finally:
        file.close()
