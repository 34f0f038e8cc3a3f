"""Servers of tools that everybody may use; their tools are agreed to on their page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from conversations.models import McpServer
from conversations.tools.mcp.servers import offered, waits_for_agreement

from . import columns


@admin.register(McpServer)
class McpServerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Those of everybody and, to look at and switch off, those of single people."""

    list_display = (
        "title",
        "owner_name",
        "url",
        "is_enabled",
        "tool_count",
        "waiting",
        "listed_at",
    )
    list_select_related = ("owner",)
    list_filter = ("is_enabled", ("owner", admin.EmptyFieldListFilter))
    search_fields = ("title", "url", "owner__username")
    fields = (
        "title",
        "name",
        "url",
        "authorization",
        "token_variable",
        "is_enabled",
        "owner_name",
        "page",
        "error",
    )
    readonly_fields = ("owner_name", "page", "error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("owner")

    def get_readonly_fields(
        self, request: HttpRequest, obj: McpServer | None = None
    ) -> list[str]:
        """The name is part of what conversations have declared; a person's is theirs."""
        fields = list(self.readonly_fields)
        if obj is not None:
            fields.append("name")
            if obj.owner_id is not None:
                fields += ["title", "url", "authorization", "token_variable"]
        return fields

    @admin.display(description="owner", ordering="owner__username")
    def owner_name(self, row: McpServer) -> str:
        return "everybody" if row.owner is None else str(row.owner)

    @admin.display(description="tools")
    def tool_count(self, row: McpServer) -> str:
        return columns.number(len(offered(row)))

    @admin.display(description="to be looked at")
    def waiting(self, row: McpServer) -> str:
        return columns.number(len(waits_for_agreement(row)))

    @admin.display(description="tools")
    def page(self, row: McpServer) -> SafeString | str:
        if row.owner_id is not None or (row.listed_at is None and not row.name):
            return columns.EMPTY
        return format_html(
            '<a href="{}">Look at its tools and agree to them</a>',
            row.get_absolute_url(),
        )
