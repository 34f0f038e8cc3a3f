"""Providers: platforms beside that of the environment, tested before they are used."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from conversations.catalog import refresh_cards
from conversations.claude import ClaudeError
from conversations.claude.platform_facts import FEATURE_NAMES
from conversations.models import Provider
from conversations.upstream import Verdict, check_connection, close_client

from . import columns
from .provider_form import SETTINGS, ProviderForm

LONGEST_RESULT = 500  # the column's


@admin.register(Provider)
class ProviderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """The platforms in the order of the picker."""

    actions = None
    form = ProviderForm
    list_display = (
        "name",
        "platform",
        "is_enabled",
        "model_count",
        "last_test",
        "position",
    )
    readonly_fields = ("platform", "lacking", "last_test")
    prepopulated_fields = {"slug": ("name",)}
    show_full_result_count = False

    def get_fieldsets(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        """Show the settings of the platform; for a new one the stylesheet chooses."""
        if obj is None:
            needed = ("kind", *SETTINGS)
            told: tuple[str, ...] = ()
        else:
            needed = ("platform", *(n for n in SETTINGS if n in obj.facts.needs))
            told = ("lacking", "last_test")
        return [
            (None, {"fields": ["name", "slug", *needed, "base_url", *told]}),
            ("Key", {"fields": ["secret_place", "secret_name"]}),
            ("In the picker", {"fields": ["is_enabled", "position"]}),
            ("Exceptions", {"fields": ["version", "betas"], "classes": ["collapse"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The ids of its models begin with the slug; what it lacks hangs on the kind.
        fixed = ("slug",) if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on to the page where the connection is tested."""
        messages.success(request, f"{obj.name} was added. Test the connection now.")
        return HttpResponseRedirect(columns.admin_url(obj))

    def get_urls(self) -> list[URLPattern]:
        """Add what the buttons of a provider's page do."""
        return [
            self._button("test", self.test_view),
            self._button("refresh", self.refresh_view),
            *super().get_urls(),
        ]

    def test_view(self, request: HttpRequest, provider_id: int) -> HttpResponse:
        """Ask the provider for something small, and say how that went."""
        provider = self._provider(request, provider_id)
        card = provider.cards.order_by("position", "model_id").first()
        model = card.wire_model if card else ""
        verdict = _run(lambda: check_connection(provider, model))
        self._keep(provider, verdict)
        level = messages.SUCCESS if verdict.is_ok else messages.ERROR
        messages.add_message(request, level, f"{provider.name}: {verdict.words}")
        return HttpResponseRedirect(columns.admin_url(provider))

    def refresh_view(self, request: HttpRequest, provider_id: int) -> HttpResponse:
        """Take the provider's models into the catalogue, or say why none came."""
        provider = self._provider(request, provider_id)
        try:
            count = _run(lambda: refresh_cards(provider))
        except ClaudeError as error:
            messages.error(request, f"No models came from {provider.name}. {error}")
        else:
            plural = "" if count == 1 else "s"
            messages.success(
                request, f"{count} model{plural} came from {provider.name}."
            )
        return HttpResponseRedirect(columns.admin_url(provider))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        provider = self.get_object(request, object_id)
        context = {
            "may_test": provider and self.has_change_permission(request, provider),
            "lists_models": provider and provider.offers("models"),
            "add_model_url": reverse("admin:conversations_modelcard_add"),
        }
        return super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    @admin.display(description="platform", ordering="kind")
    def platform(self, row: Provider) -> str:
        return row.facts.name

    @admin.display(description="models")
    def model_count(self, row: Provider) -> int:
        return row.cards.count()

    @admin.display(description="does without")
    def lacking(self, row: Provider) -> str:
        names = [FEATURE_NAMES[name] for name in sorted(row.facts.lacks)]
        return ", ".join(names) or "nothing"

    @admin.display(description="last test")
    def last_test(self, row: Provider) -> str:
        if row.tested_at is None:
            return "never"
        when = timezone.localtime(row.tested_at).strftime("%d %b %Y %H:%M")
        state = "completed" if row.is_reachable else "failed"
        return format_html(
            '<span class="state state--sentence" data-state="{}">{} ({})</span>',
            state,
            row.test_result,
            when,
        )

    def _button(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        return path(
            f"<int:provider_id>/{name}/",
            self.admin_site.admin_view(require_POST(view)),
            name=f"conversations_provider_{name}",
        )

    def _provider(self, request: HttpRequest, provider_id: int) -> Provider:
        """Return the provider that somebody may change. Raises Http404."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if (provider := Provider.objects.filter(pk=provider_id).first()) is None:
            raise Http404
        return provider

    def _keep(self, provider: Provider, verdict: Verdict) -> None:
        # No save: the row is no other one for having been tested.
        Provider.objects.filter(pk=provider.pk).update(
            tested_at=timezone.now(),
            is_reachable=verdict.is_ok,
            test_result=verdict.words[:LONGEST_RESULT],
        )


def _run[T](ask: Callable[[], Awaitable[T]]) -> T:
    """Ask in a loop of its own: closing the client in the server's would cut answers off."""

    async def run() -> T:
        try:
            return await ask()
        finally:
            await close_client()

    return asyncio.run(run())
