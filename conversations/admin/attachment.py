"""Attachments under review: what they are, where they were sent, and the files."""

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from conversations.attachments.serving import StoredFile, serve
from conversations.attachments.stored import ORIGINAL_MEDIA_TYPE, THUMBNAIL_MEDIA_TYPE
from conversations.models import Attachment

from . import columns
from .reviewed import ReviewedAdmin
from .reviewed_file import file_href, original_href, thumbnail_href
from .viewings import record_opening


@admin.register(Attachment)
class AttachmentAdmin(ReviewedAdmin):
    """The owner's addresses answer nobody else, so reviewers get some of their own."""

    list_display = (
        "name",
        "kind",
        "owner",
        "size",
        "extent",
        "media_type",
        "created_at",
    )
    list_select_related = ("owner",)
    list_filter = (
        "kind",
        "created_at",
        ("owner", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("name", "owner__username", "=sha256")
    search_help_text = "Part of the name or the owner's name, or the SHA-256 digest."
    ordering = ("-id",)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "name",
                    "owner",
                    "created_at",
                    "source_url",
                    "preview",
                    "opening",
                ]
            },
        ),
        ("Used in", {"fields": ["conversations"]}),
        (
            "The file",
            {
                "fields": [
                    "kind",
                    "media_type",
                    "extent",
                    "size",
                    "sent_size",
                    "sha256",
                ]
            },
        ),
    ]
    permissions = {"conversations": "conversations.view_conversation"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("owner")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "<uuid:attachment_id>/file/",
                view(require_safe(self.file_view)),
                name="conversations_attachment_file",
            ),
            path(
                "<uuid:attachment_id>/original/",
                view(require_safe(self.original_view)),
                name="conversations_attachment_original",
            ),
            path(
                "<uuid:attachment_id>/thumbnail/",
                view(require_safe(self.thumbnail_view)),
                name="conversations_attachment_thumbnail",
            ),
            *super().get_urls(),
        ]

    def file_view(self, request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
        """Answer with the file as Claude got it, and note down who opened it."""
        found = self._viewed(request, attachment_id)
        record_opening(request, found, found.owner)
        return async_to_sync(serve)(
            request,
            StoredFile(
                storage_name=found.file.name or "",
                media_type=found.media_type,
                etag=found.sha256,
                name=found.sent_name,
            ),
        )

    def original_view(
        self, request: HttpRequest, attachment_id: UUID
    ) -> HttpResponseBase:
        """Answer with the upload that a text was made of, and note down who saved it."""
        found = self._viewed(request, attachment_id)
        if not found.original:
            raise Http404
        record_opening(request, found, found.owner)
        return async_to_sync(serve)(
            request,
            StoredFile(
                storage_name=found.original.name or "",
                media_type=ORIGINAL_MEDIA_TYPE,
                etag=f"{found.sha256}-original",
                name=found.name,
                is_saved=True,
            ),
        )

    def thumbnail_view(
        self, request: HttpRequest, attachment_id: UUID
    ) -> HttpResponseBase:
        """Answer with the small picture; it stands on pages that are noted down."""
        found = self._viewed(request, attachment_id)
        if not found.thumbnail:
            raise Http404
        return async_to_sync(serve)(
            request,
            StoredFile(
                storage_name=found.thumbnail.name or "",
                media_type=THUMBNAIL_MEDIA_TYPE,
                etag=f"{found.sha256}-thumbnail",
                name=f"{found.name}.webp",
            ),
        )

    @admin.display(description="size", ordering="size_bytes")
    def size(self, row: Attachment) -> str:
        return columns.size(row.size_bytes)

    @admin.display(description="size as sent")
    def sent_size(self, row: Attachment) -> str:
        return columns.size(row.sent_size_bytes)

    @admin.display(description="extent")
    def extent(self, row: Attachment) -> str:
        if row.pages:
            return f"{row.pages} page{'' if row.pages == 1 else 's'}"
        if row.width and row.height:
            return f"{row.width} x {row.height}"
        return f"{columns.number(row.characters)} characters" if row.characters else ""

    @admin.display(description="preview")
    def preview(self, row: Attachment) -> SafeString | str:
        if not row.thumbnail:
            return columns.EMPTY
        return format_html(
            '<img class="preview" src="{}" alt="Small picture of the file">',
            thumbnail_href(row.id),
        )

    @admin.display(description="file")
    def opening(self, row: Attachment) -> SafeString:
        opening = format_html(
            '<a href="{}" target="_blank" rel="noopener">Open the file</a>',
            file_href(row.id),
        )
        if not row.original:
            return opening
        return format_html(
            '{} (the text that Claude got) · <a href="{}">Save the {}</a>',
            opening,
            original_href(row.id),
            row.get_converted_from_display(),
        )

    @admin.display(description="conversations")
    def conversations(self, row: Attachment) -> SafeString | str:
        messages = row.messages.select_related("conversation").order_by("id")
        links = format_html_join(
            "",
            '<li><a href="{}?leaf={}#message-{}">{}</a></li>',
            (
                (
                    columns.admin_url(message.conversation),
                    message.id,
                    message.id,
                    message.conversation.display_title,
                )
                for message in messages
            ),
        )
        return format_html("<ul>{}</ul>", links) if links else "None yet."

    def _viewed(self, request: HttpRequest, attachment_id: UUID) -> Attachment:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows: QuerySet[Attachment] = self.get_queryset(request)
        return get_object_or_404(rows, pk=attachment_id)
