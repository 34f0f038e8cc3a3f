"""Rows that tell what people said: whoever opens one of them is noted down."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from .read_only import ReadOnlyAdmin
from .viewings import record_viewing


class ReviewedAdmin(ReadOnlyAdmin):
    """Pages that leave an entry in the admin's log; a list is no viewing."""

    def owner_of(self, row: Any) -> object:
        """Return the person whose row it is."""
        return row.owner

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse:
        """Note down who read it."""
        row = kwargs["obj"]
        record_viewing(request, row, self.owner_of(row), "Viewed.")
        return super().render_change_form(request, context, *args, **kwargs)
