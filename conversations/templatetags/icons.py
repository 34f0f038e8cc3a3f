"""Icons, drawn from one sprite."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@cache  # a page shows a hundred of them
def icon(name: str) -> SafeString:
    """Draw an icon. It says nothing to screen readers: its button has the name."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("img/icons.svg"),
        name,
    )
