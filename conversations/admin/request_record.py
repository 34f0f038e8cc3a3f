"""Requests: what each turn has sent to Claude, and what came back."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from conversations.inspection import snippets
from conversations.inspection.records import whole
from conversations.models import RequestRecord

from . import columns
from .reviewed import ReviewedAdmin


@admin.register(RequestRecord)
class RequestRecordAdmin(ReviewedAdmin):
    """The list tells of no text: only a page that is noted down shows what was said."""

    list_display = (
        "sent_at",
        "author",
        "turn_link",
        "round",
        "attempt",
        "error_type",
        "first_byte",
        "total",
        "request_id",
    )
    list_select_related = ("turn__author",)
    list_filter = (
        "sent_at",
        ("error", admin.EmptyFieldListFilter),
        ("turn__author", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("=turn__id", "=request_id", "turn__author__username")
    search_help_text = "A turn's id, a request id or the author's name."
    ordering = ("-id",)
    fieldsets = [
        (None, {"fields": ["author", "turn_link", "round", "attempt", "request_id"]}),
        (
            "Course",
            {
                "fields": [
                    "sent_at",
                    "queued",
                    "first_byte",
                    "first_text",
                    "total",
                    "failed_before_json",
                    "error_json",
                ]
            },
        ),
        ("Request", {"fields": ["url", "headers_json", "body_json"]}),
        ("Answer", {"fields": ["response_headers_json", "response_json"]}),
    ]
    permissions = {
        "turn_link": "conversations.view_turn",
        "body_json": "conversations.view_message",
        "response_json": "conversations.view_message",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("turn__author")

    def owner_of(self, row: RequestRecord) -> object:
        return row.turn.author

    @admin.display(description="author", ordering="turn__author__username")
    def author(self, row: RequestRecord) -> str:
        return str(row.turn.author)

    @admin.display(description="turn")
    def turn_link(self, row: RequestRecord) -> SafeString:
        return columns.link(row.turn, row.turn.get_state_display())

    @admin.display(description="error")
    def error_type(self, row: RequestRecord) -> str:
        return str(row.error.get("type", "")) if row.error else ""

    @admin.display(description="waited before it")
    def queued(self, row: RequestRecord) -> str:
        return columns.seconds(row.queued_ms / 1000)

    @admin.display(description="first byte")
    def first_byte(self, row: RequestRecord) -> str:
        return _seconds(row.first_byte_ms)

    @admin.display(description="first text")
    def first_text(self, row: RequestRecord) -> str:
        return _seconds(row.first_text_ms)

    @admin.display(description="complete")
    def total(self, row: RequestRecord) -> str:
        return _seconds(row.total_ms)

    @admin.display(description="sent again after")
    def failed_before_json(self, row: RequestRecord) -> SafeString | str:
        return columns.json_field(row.failed_before or None)

    @admin.display(description="error")
    def error_json(self, row: RequestRecord) -> SafeString | str:
        return columns.json_field(row.error)

    @admin.display(description="headers")
    def headers_json(self, row: RequestRecord) -> SafeString | str:
        return columns.json_field(row.headers)

    @admin.display(description="body")
    def body_json(self, row: RequestRecord) -> SafeString:
        [found] = whole([row], row.turn.conversation_id)
        return _preformatted(found.params)

    @admin.display(description="headers")
    def response_headers_json(self, row: RequestRecord) -> SafeString | str:
        return columns.json_field(row.response_headers)

    @admin.display(description="message")
    def response_json(self, row: RequestRecord) -> SafeString | str:
        [found] = whole([row], row.turn.conversation_id)
        return (
            columns.EMPTY if found.response is None else _preformatted(found.response)
        )


def _seconds(milliseconds: int | None) -> str:
    return columns.seconds(None if milliseconds is None else milliseconds / 1000)


def _preformatted(value: Any) -> SafeString:
    text = snippets.as_json(value)
    return format_html('<pre class="json" tabindex="0">{}</pre>', text)
