"""How the admin's columns and fields show rows, amounts and stored JSON."""

import json
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from conversations.models import State
from conversations.rendering.markdown import well_formed

EMPTY = "-"  # what Django shows for an empty column
KIB = 1024


def admin_url(row: Model, page: str = "change") -> str:
    """Return the address of a row's page in the admin."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[row.pk])


def link(row: Model, text: object) -> SafeString:
    """Return a link to a row's page in the admin."""
    return format_html('<a href="{}">{}</a>', admin_url(row), text)


def state(name: str | None) -> SafeString | str:
    """Return the state of a turn with a dot in its colour."""
    if not name:
        return EMPTY
    return format_html(
        '<span class="state" data-state="{}">{}</span>', name, State(name).label
    )


def cost(amount: Decimal | None, *, has_unknown: bool = False) -> str:
    """Return an amount of USD; `has_unknown` tells that a price was missing."""
    if amount is None:
        return "unknown" if has_unknown else EMPTY
    digits = 2 if amount == 0 or abs(amount) >= 1 else 4
    known = f"{'-' if amount < 0 else ''}${abs(amount):,.{digits}f}"
    return f"{known} + unknown" if has_unknown else known


def number(count: int | None) -> str:
    """51234 is 51,234."""
    return EMPTY if count is None else f"{count:,}"


def seconds(duration: float | None) -> str:
    """Return a duration to a tenth of a second."""
    return EMPTY if duration is None else f"{duration:,.1f} s"


def size(size_bytes: int) -> str:
    """Return a size in KB, exact enough to compare."""
    return f"{size_bytes / KIB:,.1f} KB"


def pretty(value: Any) -> str:
    """Return stored JSON as text for people; lone surrogates cannot be sent."""
    return well_formed(json.dumps(value, indent=2, ensure_ascii=False))


def json_field(value: Any) -> SafeString | str:
    """Return stored JSON as a preformatted, escaped text."""
    if value is None:
        return EMPTY
    return format_html('<pre class="json" tabindex="0">{}</pre>', pretty(value))
