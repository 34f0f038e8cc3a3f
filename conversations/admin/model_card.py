"""Model cards: prices and defaults are edited here, facts are asked of the API."""

import asyncio
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from conversations.catalog import card_at, card_for, refresh_cards
from conversations.claude import KNOWN_MODELS, ClaudeError
from conversations.models import ModelCard
from conversations.upstream import close_client

from . import columns
from .model_card_form import ModelCardForm, NewModelCardForm

SHIPPED = frozenset(facts.id for facts in KNOWN_MODELS)


@admin.register(ModelCard)
class ModelCardAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """The catalogue in the order of the picker."""

    actions = None
    form = ModelCardForm
    list_display = (
        "display_name",
        "model_id",
        "provider",
        "lifecycle",
        "is_offered",
        "price",
        "position",
        "refreshed_at",
    )
    list_filter = (
        "provider",
        "lifecycle",
        "line",
        ("hidden_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("display_name", "model_id")
    show_full_result_count = False
    list_select_related = ("provider",)
    fieldsets = [
        (
            "Yours to decide",
            {
                "fields": [
                    "position",
                    "hidden_at",
                    "default_effort",
                    "thinking_default",
                    "cache_minimum_tokens",
                    "prices",
                ],
                "description": "A refresh from the API never changes these.",
            },
        ),
        (
            "Facts from the API",
            {
                "fields": [
                    "provider",
                    "model_id",
                    "display_name",
                    "line",
                    "lifecycle",
                    "released",
                    "retires_at",
                    "max_input_tokens",
                    "max_tokens",
                    "refreshed_at",
                    "capabilities_json",
                ]
            },
        ),
    ]
    readonly_fields = (
        "provider",
        "model_id",
        "display_name",
        "line",
        "lifecycle",
        "released",
        "retires_at",
        "max_input_tokens",
        "max_tokens",
        "refreshed_at",
        "capabilities_json",
    )
    add_fieldsets = [(None, {"fields": ["provider", "model_id", "display_name"]})]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = ModelCardForm if change else NewModelCardForm
        return super().get_form(request, obj, change, form=form, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what was added by hand may go: every other card would come back."""
        comes_back = obj and (obj.refreshed_at or obj.model_id in SHIPPED)
        if obj is None or (comes_back and obj.provider is None):
            return False
        return super().has_delete_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: ModelCard, form: Any, change: bool
    ) -> None:
        """Write what the form changed; a refresh may run at the same time."""
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            wire_id = form.cleaned_data.get("wire_id")
            if obj.provider is not None and wire_id:
                _take_over(obj, card_at(obj.provider, wire_id))
            else:
                _take_over(obj, card_for(obj.model_id))
            obj.save(force_insert=True)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on to the page where the prices are entered."""
        text = f"{obj.display_name} was added. Its prices and defaults can be set here."
        messages.success(request, text)
        return HttpResponseRedirect(columns.admin_url(obj))

    def get_urls(self) -> list[URLPattern]:
        refresh = path(
            "refresh/",
            self.admin_site.admin_view(require_POST(self.refresh_view)),
            name="conversations_modelcard_refresh",
        )
        return [refresh, *super().get_urls()]

    def refresh_view(self, request: HttpRequest) -> HttpResponse:
        """Ask the API for its models; say what came, or why nothing did."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            # In a loop of its own: async_to_sync would borrow the server's loop, and
            # closing the client there would cut off the answers that run through it.
            count = asyncio.run(_refresh())
        except ClaudeError as error:
            text = f"The list was not refreshed; the cards stay as they are. {error}"
            messages.error(request, text)
        else:
            plural = "" if count == 1 else "s"
            messages.success(request, f"{count} model{plural} came from the API.")
        return redirect("admin:conversations_modelcard_changelist")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_refresh": self.has_change_permission(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="offered", boolean=True)
    def is_offered(self, row: ModelCard) -> bool:
        is_reached = row.provider is None or row.provider.is_enabled
        return is_reached and row.hidden_at is None and row.lifecycle != "retired"

    @admin.display(description="input / output")
    def price(self, row: ModelCard) -> str:
        if not row.prices:
            return "unknown"
        return f"${row.prices.get('input')} / ${row.prices.get('output')}"

    @admin.display(description="capabilities")
    def capabilities_json(self, row: ModelCard) -> SafeString | str:
        return columns.json_field(row.capabilities)


async def _refresh() -> int:
    try:
        return await refresh_cards()
    finally:
        await close_client()


def _take_over(card: ModelCard, safe: ModelCard) -> None:
    """Fill a new card with the safe minimum; a typed name stays."""
    typed = {"model_id"} | ({"display_name"} if card.display_name else set())
    for column in ModelCard._meta.concrete_fields:
        if column.name not in typed:
            setattr(card, column.attname, getattr(safe, column.attname))
