"""Compactions: what stands for the beginnings of long conversations."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from conversations.models import Compaction

from . import columns
from .read_only import ReadOnlyAdmin


@admin.register(Compaction)
class CompactionAdmin(ReadOnlyAdmin):
    """One row a compaction; what it says is in the transcript."""

    list_display = (
        "created_at",
        "compaction_state",
        "conversation_link",
        "kind",
        "model",
        "message_count",
        "tokens_before",
        "tokens_after",
        "asked_by",
    )
    list_select_related = ("conversation", "asked_by")
    list_filter = ("state", "kind", "model", "created_at")
    search_fields = ("=id", "conversation__title", "asked_by__username", "error")
    ordering = ("-id",)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "id",
                    "compaction_state",
                    "conversation_link",
                    "asked_by",
                    "model",
                    "kind",
                ]
            },
        ),
        (
            "Result",
            {
                "fields": [
                    "message_count",
                    "tokens_before",
                    "tokens_after",
                    "error_json",
                ]
            },
        ),
        (
            "Where it runs",
            {
                "fields": [
                    "owner",
                    "attempts",
                    "lease_expires_at",
                    "cancel_requested_at",
                    "created_at",
                    "finished_at",
                ],
                "classes": ["collapse"],
            },
        ),
    ]
    permissions = {"conversation_link": "conversations.view_conversation"}

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related("conversation", "asked_by")

    @admin.display(description="state", ordering="state")
    def compaction_state(self, row: Compaction) -> SafeString | str:
        return columns.state(row.state)

    @admin.display(description="conversation")
    def conversation_link(self, row: Compaction) -> SafeString:
        return format_html(
            '<a href="{}?leaf={}#message-{}">{}</a>',
            columns.admin_url(row.conversation),
            row.message_id,
            row.message_id,
            row.conversation.display_title,
        )

    @admin.display(description="error")
    def error_json(self, row: Compaction) -> SafeString | str:
        return columns.json_field(row.error)
