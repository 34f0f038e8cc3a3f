"""JSON as people read it."""

import json

from django import template

register = template.Library()


@register.filter
def as_json(value: object) -> str:
    """Return a value in lines, with indents."""
    return json.dumps(value, indent=2, ensure_ascii=False)
