"""Messages as stored, for whoever has to know what was really sent."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from conversations.models import Message

from . import columns
from .reviewed import ReviewedAdmin


@admin.register(Message)
class MessageAdmin(ReviewedAdmin):
    """The list tells of no text: only a page that is noted down shows what was said."""

    list_display = (
        "created_at",
        "role",
        "owner",
        "conversation_link",
        "model",
        "block_types",
        "stop_reason",
    )
    list_select_related = ("conversation__owner",)
    list_filter = (
        "role",
        "stop_reason",
        "created_at",
        "model",
        ("conversation__owner", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("=id", "=upstream_id", "conversation__owner__username")
    search_help_text = "An id, Claude's id of the message, or the owner's name."
    ordering = ("-id",)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "id",
                    "owner",
                    "conversation_link",
                    "role",
                    "created_at",
                    "parent_link",
                    "turn_link",
                    "attachment_links",
                ]
            },
        ),
        (
            "From Claude",
            {
                "fields": [
                    "model",
                    "round",
                    "upstream_id",
                    "stop_reason",
                    "stop_details_json",
                ]
            },
        ),
        ("Content", {"fields": ["content_json"]}),
    ]
    permissions = {
        "conversation_link": "conversations.view_conversation",
        "turn_link": "conversations.view_turn",
        "attachment_links": "conversations.view_attachment",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("conversation__owner")

    def owner_of(self, row: Message) -> object:
        return row.conversation.owner

    @admin.display(description="owner", ordering="conversation__owner__username")
    def owner(self, row: Message) -> str:
        return str(row.conversation.owner)

    @admin.display(description="conversation")
    def conversation_link(self, row: Message) -> SafeString:
        return format_html(
            '<a href="{}?leaf={}#message-{}">{}</a>',
            columns.admin_url(row.conversation),
            row.id,
            row.id,
            row.conversation.display_title,
        )

    @admin.display(description="answers or follows")
    def parent_link(self, row: Message) -> SafeString | str:
        return columns.link(row.parent, row.parent) if row.parent else columns.EMPTY

    @admin.display(description="turn")
    def turn_link(self, row: Message) -> SafeString | str:
        return columns.link(row.turn, row.turn) if row.turn else columns.EMPTY

    @admin.display(description="attachments")
    def attachment_links(self, row: Message) -> SafeString | str:
        links = [columns.link(item, item.name) for item in row.attachments.all()]
        rows = format_html_join("", "<li>{}</li>", ((item,) for item in links))
        return format_html("<ul>{}</ul>", rows) if links else columns.EMPTY

    @admin.display(description="blocks")
    def block_types(self, row: Message) -> str:
        types = [str(block.get("type")) for block in row.blocks]
        counted = {kind: types.count(kind) for kind in types}
        return ", ".join(
            kind if count == 1 else f"{count} {kind}" for kind, count in counted.items()
        )

    @admin.display(description="stop details")
    def stop_details_json(self, row: Message) -> SafeString | str:
        return columns.json_field(row.stop_details)

    @admin.display(description="content blocks")
    def content_json(self, row: Message) -> SafeString | str:
        return columns.json_field(row.content)
