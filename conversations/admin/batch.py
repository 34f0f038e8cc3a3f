"""Batches: whose they are, how they went, and what each request came to."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from conversations.models import Batch, BatchItem, ItemState

from . import columns
from .reviewed import ReviewedAdmin


@admin.register(Batch)
class BatchAdmin(ReviewedAdmin):
    """One row a batch; what was asked and answered stands with its items."""

    list_display = (
        "created_at",
        "title",
        "owner",
        "state",
        "model",
        "item_count",
        "cost",
        "error_type",
    )
    list_select_related = ("owner",)
    list_filter = (
        "state",
        "source",
        "model",
        "created_at",
        ("owner", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("=id", "title", "owner__username", "=upstream_id")
    search_help_text = (
        "An id (ours or Claude's), part of the title or the owner's name."
    )
    ordering = ("-id",)
    fieldsets = [
        (None, {"fields": ["id", "title", "owner", "state", "items_link", "cost"]}),
        (
            "Asked for",
            {"fields": ["source", "template", "model", "effort", "thinking"]},
        ),
        (
            "Course",
            {
                "fields": [
                    "created_at",
                    "queued_at",
                    "sent_at",
                    "sent_count",
                    "ended_at",
                    "cancel_requested_at",
                    "expires_at",
                    "upstream_id",
                    "progress_json",
                    "error_json",
                ]
            },
        ),
        (
            "Ownership",
            {
                "fields": [
                    "look_at",
                    "failures",
                    "lease_owner",
                    "epoch",
                    "lease_expires_at",
                ],
                "classes": ["collapse"],
            },
        ),
    ]
    permissions = {"items_link": "conversations.view_batchitem"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        unpriced = Q(items__state=ItemState.SUCCEEDED, items__cost_usd=None)
        annotated: QuerySet[Any] = rows.annotate(
            cost_usd=Sum("items__cost_usd"), unpriced=Count("items", filter=unpriced)
        )
        return annotated

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, row: Any) -> str:
        return columns.cost(row.cost_usd, has_unknown=row.unpriced > 0)

    @admin.display(description="error")
    def error_type(self, row: Batch) -> str:
        return str(row.error.get("type", "")) if row.error else ""

    @admin.display(description="items")
    def items_link(self, row: Batch) -> SafeString:
        index = reverse("admin:conversations_batchitem_changelist")
        return format_html(
            '<a href="{}?batch__id__exact={}">{}</a>', index, row.pk, row.item_count
        )

    @admin.display(description="counts at Claude's")
    def progress_json(self, row: Batch) -> SafeString | str:
        return columns.json_field(row.progress)

    @admin.display(description="error")
    def error_json(self, row: Batch) -> SafeString | str:
        return columns.json_field(row.error)


@admin.register(BatchItem)
class BatchItemAdmin(ReviewedAdmin):
    """The list tells of no text: only a page that is noted down shows what was said."""

    list_display = ("batch_link", "position", "item_state", "cost")
    list_select_related = ("batch",)
    list_filter = ("state", ("cost_usd", admin.EmptyFieldListFilter))
    search_fields = ("=batch__id", "=custom_id", "batch__owner__username")
    search_help_text = "A batch's id, a custom_id or the owner's name."
    ordering = ("-batch_id", "position")
    fieldsets = [
        (None, {"fields": ["batch_link", "position", "custom_id", "state", "cost"]}),
        ("Asked", {"fields": ["cells_json", "content_json"]}),
        ("Answered", {"fields": ["text", "message_json", "error_json"]}),
        ("Opened as", {"fields": ["conversation"]}),
    ]
    permissions = {
        "batch_link": "conversations.view_batch",
        "conversation": "conversations.view_conversation",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("batch__owner")

    def owner_of(self, row: BatchItem) -> object:
        return row.batch.owner

    @admin.display(description="batch", ordering="batch")
    def batch_link(self, row: BatchItem) -> SafeString:
        return columns.link(row.batch, row.batch)

    @admin.display(description="state", ordering="state")
    def item_state(self, row: BatchItem) -> str:
        return str(row.get_state_display())

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, row: BatchItem) -> str:
        has_unknown = row.state == ItemState.SUCCEEDED and row.cost_usd is None
        return columns.cost(row.cost_usd, has_unknown=has_unknown)

    @admin.display(description="row")
    def cells_json(self, row: BatchItem) -> SafeString | str:
        return columns.json_field(row.cells)

    @admin.display(description="user message")
    def content_json(self, row: BatchItem) -> SafeString | str:
        return columns.json_field(row.content)

    @admin.display(description="message")
    def message_json(self, row: BatchItem) -> SafeString | str:
        return columns.json_field(row.message)

    @admin.display(description="error")
    def error_json(self, row: BatchItem) -> SafeString | str:
        return columns.json_field(row.error)
