"""What a list of conversations can be narrowed by, beside its own columns."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from conversations.models import State, Turn


class LastStateFilter(admin.SimpleListFilter):
    """By the state of the newest turn; the list annotates `last_state`."""

    title = "state of the last turn"
    parameter_name = "last_state"

    def lookups(
        self, request: HttpRequest, model_admin: object
    ) -> Iterable[tuple[str, str]]:
        return State.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(last_state=value) if value else queryset


class ModelFilter(admin.SimpleListFilter):
    """By a model that answered in the conversation."""

    title = "model"
    parameter_name = "model"

    def lookups(
        self, request: HttpRequest, model_admin: object
    ) -> Iterable[tuple[str, str]]:
        names = Turn.objects.order_by("model").values_list("model", flat=True)
        return [(name, name) for name in names.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (value := self.value()):
            return queryset
        turns = Turn.objects.filter(conversation=OuterRef("pk"), model=value)
        return queryset.filter(Exists(turns))


class DeletedFilter(admin.SimpleListFilter):
    """By whether the owner has deleted it."""

    title = "deletion by its owner"
    parameter_name = "deleted"

    def lookups(
        self, request: HttpRequest, model_admin: object
    ) -> Iterable[tuple[str, str]]:
        return [("no", "No"), ("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (value := self.value()):
            return queryset
        return queryset.filter(deleted_at__isnull=value == "no")
