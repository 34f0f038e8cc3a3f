"""Usage: what every round cost, and what the rows of a list cost together."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from conversations.models import UsageRecord
from conversations.usage.recording import decimal_text
from conversations.usage.reports import months_by_model, months_by_person
from conversations.usage.sheets import months_as_csv
from conversations.usage.words import unpriced_names

from . import columns
from .read_only import ReadOnlyAdmin

SHOWN_MONTHS = 24  # ours: two years to compare; the file has everything
UNKNOWN = "unknown"
MONTHS_TEMPLATE = "admin/conversations/usagerecord/months.html"


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyAdmin):
    """The books; below every list stands its total."""

    list_display = (
        "created_at",
        "payer",
        "purpose",
        "model",
        "turn_link",
        "read_tokens",
        "cached_tokens",
        "written_tokens",
        "cost",
    )
    list_select_related = ("payer", "turn")
    list_filter = (
        "created_at",
        "purpose",
        "model",
        "is_estimated",
        ("cost_usd", admin.EmptyFieldListFilter),
        ("payer", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("payer__username", "=request_id", "=upstream_message_id")
    search_help_text = "The payer's name, a request id or Claude's id of the message."
    ordering = ("-id",)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "payer",
                    "turn_link",
                    "purpose",
                    "round",
                    "attempt",
                    "created_at",
                ]
            },
        ),
        ("Claude", {"fields": ["model", "request_id", "upstream_message_id"]}),
        (
            "Tokens",
            {
                "fields": [
                    "input_tokens",
                    "cache_creation_input_tokens",
                    "cache_read_input_tokens",
                    "output_tokens",
                    "thinking_tokens",
                    "usage_json",
                ]
            },
        ),
        (
            "Cost",
            {
                "fields": [
                    "exact_cost",
                    "unpriced_parts",
                    "exact_savings",
                    "web_searches",
                    "is_estimated",
                    "charges_json",
                    "prices_json",
                ]
            },
        ),
    ]
    permissions = {"turn_link": "conversations.view_turn"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payer", "turn")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "months/",
                view(require_safe(self.months_view)),
                name="conversations_usagerecord_months",
            ),
            *super().get_urls(),
        ]

    def months_view(self, request: HttpRequest) -> HttpResponse:
        """Show the months of everybody by person, or `?by=model`; `?csv` as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        by_model = request.GET.get("by") == "model"
        add_up = months_by_model if by_model else months_by_person
        found = add_up(UsageRecord.objects.all(), timezone.get_current_timezone())
        heading = "model" if by_model else "person"
        if "csv" in request.GET:
            return HttpResponse(
                months_as_csv(found, heading),
                content_type="text/csv; charset=utf-8",
                headers={
                    "Content-Disposition": f'attachment; filename="usage-by-{heading}.csv"'
                },
            )
        context = {
            **self.admin_site.each_context(request),
            "title": f"Usage by month and {heading}",
            "opts": self.model._meta,
            "months": found[:SHOWN_MONTHS],
            "is_cut": len(found) > SHOWN_MONTHS,
            "heading": heading,
        }
        return TemplateResponse(request, MONTHS_TEMPLATE, context)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list with the total of all its pages."""
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data:
            rows = response.context_data["cl"].queryset
            response.context_data["totals"] = _totals(rows)
        return response

    @admin.display(description="turn")
    def turn_link(self, row: UsageRecord) -> SafeString | str:
        if row.turn is None:
            return columns.EMPTY
        return columns.link(row.turn, row.turn.get_state_display())

    @admin.display(description="read", ordering="input_tokens")
    def read_tokens(self, row: UsageRecord) -> str:
        return columns.number(row.input_tokens)

    @admin.display(description="from the cache", ordering="cache_read_input_tokens")
    def cached_tokens(self, row: UsageRecord) -> str:
        return columns.number(row.cache_read_input_tokens)

    @admin.display(description="written", ordering="output_tokens")
    def written_tokens(self, row: UsageRecord) -> str:
        return columns.number(row.output_tokens)

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, row: UsageRecord) -> str:
        amount = columns.cost(row.cost_usd, has_unknown=row.cost_usd is None)
        return f"{amount} (estimated)" if row.is_estimated else amount

    @admin.display(description="cost in USD")
    def exact_cost(self, row: UsageRecord) -> str:
        return decimal_text(row.cost_usd) or UNKNOWN

    @admin.display(description="saved by the cache in USD")
    def exact_savings(self, row: UsageRecord) -> str:
        return decimal_text(row.cache_savings_usd) or UNKNOWN

    @admin.display(description="without a price")
    def unpriced_parts(self, row: UsageRecord) -> str:
        return ", ".join(unpriced_names(row.unpriced)) or columns.EMPTY

    @admin.display(description="samplings")
    def charges_json(self, row: UsageRecord) -> SafeString | str:
        return columns.json_field(row.charges or None)

    @admin.display(description="usage as reported")
    def usage_json(self, row: UsageRecord) -> SafeString | str:
        return columns.json_field(row.usage)

    @admin.display(description="prices at the time")
    def prices_json(self, row: UsageRecord) -> SafeString | str:
        return columns.json_field(row.prices)


def _totals(rows: QuerySet[UsageRecord]) -> dict[str, str]:
    """Return the sums of a list by their headings."""
    sums = rows.order_by().aggregate(
        read=Sum("input_tokens"),
        cached=Sum("cache_read_input_tokens"),
        written=Sum("output_tokens"),
        cost=Sum("cost_usd"),
        saved=Sum("cache_savings_usd"),
        unknown=Count("pk", filter=Q(cost_usd=None)),
        unsaved=Count("pk", filter=Q(cache_savings_usd=None)),
    )
    return {
        "Read": columns.number(sums["read"] or 0),
        "From the cache": columns.number(sums["cached"] or 0),
        "Written": columns.number(sums["written"] or 0),
        "Cost": columns.cost(sums["cost"], has_unknown=sums["unknown"] > 0),
        "Saved by the cache": columns.cost(
            sums["saved"], has_unknown=sums["unsaved"] > 0
        ),
    }
