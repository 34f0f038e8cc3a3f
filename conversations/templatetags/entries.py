"""The entries of a conversation's log."""

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from conversations.transcripts.entries import Entry
from conversations.transcripts.kept import KeptEntry, kept_entries

register = template.Library()


@register.simple_tag
def print_entry(entry: Entry | KeptEntry) -> SafeString:
    """Print an entry, and keep it for other pages if it cannot change any more.

    Its template sees nothing of the request.
    """
    if isinstance(entry, KeptEntry):
        return entry.html
    html = render_to_string(entry.template, {"entry": entry})
    # In DEBUG the next page shows what was changed in a template.
    if entry.key is not None and not settings.DEBUG:
        kept_entries.keep(entry.key, KeptEntry(html, entry.models, entry.model_name))
    return html
