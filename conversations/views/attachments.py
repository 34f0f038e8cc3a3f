"""Files go up, and come back to their owner."""

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from conversations.attachments.description import describe
from conversations.attachments.errors import UploadRefused
from conversations.attachments.intake import take_in
from conversations.attachments.linked import take_in_link
from conversations.attachments.serving import StoredFile, serve
from conversations.attachments.stored import (
    ORIGINAL_MEDIA_TYPE,
    THUMBNAIL_MEDIA_TYPE,
)
from conversations.fetching import Fetcher
from conversations.models import Attachment

FETCHER = Fetcher()


@require_POST
async def attachments(request: HttpRequest, fetcher: Fetcher = FETCHER) -> HttpResponse:
    """Take in the multipart field `file`, or what the field `link` leads to.

    201 with its description, or 4xx with why.

    A script waits for the answer, so without a session it is 401 and not the log-in
    page: `{"error": {"type", "message"}}` in every case but a missing CSRF token.
    """
    user = await request.auser()
    if not user.is_authenticated:
        return _error("authentication_error", "Log in to attach files.", 401)
    try:
        if link := await sync_to_async(request.POST.get)("link"):
            attachment = await take_in_link(user, link, fetcher)
        else:
            upload = await sync_to_async(_only_file)(request)
            attachment = await take_in(user, upload)
    except UploadRefused as refused:
        return _error(refused.type, refused.message, refused.status)
    return JsonResponse(describe(attachment), status=201)


@require_safe
@login_required
async def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """Answer with the file as Claude gets it."""
    found = await _visible(request, attachment_id)
    return await serve(
        request,
        StoredFile(
            storage_name=found.file.name or "",
            media_type=found.media_type,
            etag=found.sha256,
            name=found.sent_name,
        ),
    )


@require_safe
@login_required
async def attachment_original(
    request: HttpRequest, attachment_id: UUID
) -> HttpResponseBase:
    """Answer with the upload that Claude gets the text of, to be saved."""
    found = await _visible(request, attachment_id)
    if not found.original:
        raise Http404
    return await serve(
        request,
        StoredFile(
            storage_name=found.original.name or "",
            media_type=ORIGINAL_MEDIA_TYPE,
            etag=f"{found.sha256}-original",
            name=found.name,
            is_saved=True,
        ),
    )


@require_safe
@login_required
async def attachment_thumbnail(
    request: HttpRequest, attachment_id: UUID
) -> HttpResponseBase:
    """Answer with the small picture of an image or of a PDF's first page."""
    found = await _visible(request, attachment_id)
    if not found.thumbnail:
        raise Http404
    return await serve(
        request,
        StoredFile(
            storage_name=found.thumbnail.name or "",
            media_type=THUMBNAIL_MEDIA_TYPE,
            etag=f"{found.sha256}-thumbnail",
            name=f"{found.name}.webp",
        ),
    )


async def _visible(request: HttpRequest, attachment_id: UUID) -> Attachment:
    visible = Attachment.objects.visible_to(await request.auser())
    try:
        return await visible.aget(pk=attachment_id)
    except Attachment.DoesNotExist as error:
        raise Http404 from error


def _only_file(request: HttpRequest) -> "UploadedFile[Any]":
    """Return the upload. Called in a thread: reading the form may read the disk."""
    uploads = request.FILES.getlist("file")
    if len(uploads) != 1:
        raise UploadRefused(
            "no_file" if not uploads else "too_many_files",
            f"This request has {len(uploads)} files in its field `file`, but exactly "
            "one is expected (multipart/form-data).",
            400,
        )
    return uploads[0]


def _error(type_: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": {"type": type_, "message": message}}, status=status)
