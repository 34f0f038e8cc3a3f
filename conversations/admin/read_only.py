"""Rows that staff may read with the permission to view them, and never change."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Lists and pages without a single control that writes.

    `permissions` names the columns and fields that tell of another model's rows, with
    the permission that they need.
    """

    actions = None
    list_per_page = 50
    # A second count of the whole table would tell nobody anything.
    show_full_result_count = False
    # The pages of a person are not the reviewer's: the link would answer 404.
    view_on_site = False
    permissions: Mapping[str, str] = {}

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._readable(request, super().get_list_display(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [
            (name, options | {"fields": self._readable(request, options["fields"])})
            for name, options in super().get_fieldsets(request, obj)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return list(flatten_fieldsets(self.get_fieldsets(request, obj)))

    def _readable(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        return [name for name in names if self._may_read(request, name)]

    def _may_read(self, request: HttpRequest, name: Any) -> bool:
        permission = self.permissions.get(name)
        return permission is None or request.user.has_perm(permission)
