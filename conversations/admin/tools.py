"""Calls of tools, permissions and memory files: to be read, never changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from conversations.models import MemoryFile, ToolCall, ToolPermission

from . import columns
from .read_only import ReadOnlyAdmin


@admin.register(ToolCall)
class ToolCallAdmin(ReadOnlyAdmin):
    """How tools were used. What went in and came out stands in the transcript."""

    list_display = (
        "created_at",
        "title",
        "state",
        "decision",
        "seconds",
        "author",
        "turn_link",
    )
    list_filter = ("created_at", "state", "decision", "name")
    search_fields = ("turn__author__username", "name", "=tool_use_id")
    search_help_text = "The author's name, the tool's name or the id of the call."
    ordering = ("-id",)
    fieldsets = [
        (None, {"fields": ["author", "turn_link", "round", "created_at"]}),
        ("Call", {"fields": ["title", "name", "tool_use_id", "state", "seconds"]}),
        ("Decision", {"fields": ["decision", "decided_by", "decided_at"]}),
    ]
    permissions = {"turn_link": "conversations.view_turn"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("turn__author", "decided_by")

    @admin.display(description="author", ordering="turn__author__username")
    def author(self, row: ToolCall) -> str:
        return str(row.turn.author)

    @admin.display(description="turn")
    def turn_link(self, row: ToolCall) -> SafeString:
        return columns.link(row.turn, row.turn.get_state_display())


@admin.register(ToolPermission)
class ToolPermissionAdmin(ReadOnlyAdmin):
    """Whom each person lets in."""

    list_display = ("owner", "key", "permission", "changed_at")
    list_select_related = ("owner",)
    list_filter = ("permission", "key")
    search_fields = ("owner__username", "key")
    search_help_text = "The person's name or the tool's."
    ordering = ("owner__username", "key")
    fieldsets = [(None, {"fields": ["owner", "key", "permission", "changed_at"]})]


@admin.register(MemoryFile)
class MemoryFileAdmin(ReadOnlyAdmin):
    """That there are notes, and how many: what they say is the person's own."""

    list_display = ("owner", "path", "size", "updated_at")
    list_select_related = ("owner",)
    search_fields = ("owner__username", "path")
    search_help_text = "The person's name or the path."
    ordering = ("owner__username", "path")
    fieldsets = [
        (None, {"fields": ["owner", "path", "size", "created_at", "updated_at"]})
    ]

    @admin.display(description="characters")
    def size(self, row: MemoryFile) -> str:
        return columns.number(len(row.content))
