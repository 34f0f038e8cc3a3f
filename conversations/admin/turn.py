"""Turns: how each answering went, how long it took and what it cost."""

from typing import Any

from django.contrib import admin
from django.db.models import DecimalField, Exists, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from conversations.models import Turn, UsageRecord

from . import columns
from .read_only import ReadOnlyAdmin


class UsageInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    """The rounds of the turn."""

    model = UsageRecord
    can_delete = False
    verbose_name_plural = "usage by round"
    fields = (
        "purpose",
        "round",
        "attempt",
        "model",
        "input_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "output_tokens",
        "thinking_tokens",
        "cost_usd",
        "is_estimated",
        "request_id",
    )
    readonly_fields = fields
    ordering = ("round", "attempt")
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    """One row an answering; the words themselves are in the transcript."""

    list_display = (
        "created_at",
        "turn_state",
        "author",
        "conversation_link",
        "model",
        "duration",
        "cost",
        "error_type",
    )
    list_select_related = ("author", "conversation")
    list_filter = (
        "state",
        "stop_reason",
        "model",
        "created_at",
        ("author", admin.RelatedOnlyFieldListFilter),
    )
    # A word is looked up in the stored JSON as it stands there, in quotation marks: it
    # finds an error by its whole type or request id.
    search_fields = ("=id", "author__username", "=usage__request_id", "error")
    search_help_text = "An id, a request id, an error's type or the author's name."
    ordering = ("-id",)
    inlines = (UsageInline,)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "id",
                    "turn_state",
                    "stop_reason",
                    "author",
                    "conversation_link",
                    "question_link",
                    "answer_links",
                ]
            },
        ),
        (
            "Asked for",
            {"fields": ["model", "effort", "thinking", "later", "continues"]},
        ),
        (
            "Course",
            {
                "fields": [
                    "created_at",
                    "started_at",
                    "finished_at",
                    "duration",
                    "cancel_requested_at",
                    "cost",
                    "error_json",
                ]
            },
        ),
        (
            "Ownership",
            {
                "fields": ["client_id", "owner", "epoch", "lease_expires_at"],
                "classes": ["collapse"],
            },
        ),
        (
            "Documents of the request",
            {"fields": ["documents_json"], "classes": ["collapse"]},
        ),
    ]
    permissions = {
        "conversation_link": "conversations.view_conversation",
        "question_link": "conversations.view_message",
        "answer_links": "conversations.view_message",
        "documents_json": "conversations.view_attachment",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        usage = UsageRecord.objects.filter(turn=OuterRef("pk"))
        summed = usage.order_by().values("turn").annotate(summed=Sum("cost_usd"))
        rows: QuerySet[Any] = super().get_queryset(request)
        annotated: QuerySet[Any] = rows.annotate(
            cost_usd=Subquery(summed.values("summed"), output_field=DecimalField()),
            has_unknown_cost=Exists(usage.filter(cost_usd=None)),
        )
        return annotated

    @admin.display(description="state", ordering="state")
    def turn_state(self, row: Turn) -> SafeString | str:
        return columns.state(row.state)

    @admin.display(description="conversation")
    def conversation_link(self, row: Turn) -> SafeString:
        return format_html(
            '<a href="{}?leaf={}#message-{}">{}</a>',
            columns.admin_url(row.conversation),
            row.user_message_id,
            row.user_message_id,
            row.conversation.display_title,
        )

    @admin.display(description="question")
    def question_link(self, row: Turn) -> SafeString:
        return columns.link(row.user_message, row.user_message)

    @admin.display(description="answer")
    def answer_links(self, row: Turn) -> SafeString | str:
        messages = row.messages.order_by("round", "id")
        links = ((columns.link(message, message),) for message in messages)
        listed = format_html_join("", "<li>{}</li>", links)
        return format_html("<ul>{}</ul>", listed) if listed else columns.EMPTY

    @admin.display(description="duration")
    def duration(self, row: Turn) -> str:
        return columns.seconds(row.duration_seconds)

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, row: Any) -> str:
        return columns.cost(row.cost_usd, has_unknown=row.has_unknown_cost)

    @admin.display(description="error")
    def error_type(self, row: Turn) -> str:
        return str(row.error.get("type", "")) if row.error else ""

    @admin.display(description="error")
    def error_json(self, row: Turn) -> SafeString | str:
        return columns.json_field(row.error)

    @admin.display(description="documents")
    def documents_json(self, row: Turn) -> SafeString | str:
        return columns.json_field(row.documents)
