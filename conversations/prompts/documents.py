"""Which attachment each document of a request is, by the API's `document_index`."""

from collections.abc import Iterable, Mapping
from typing import Any

from conversations.models import Attachment

from .references import attachment_id, document_references


def documents_of(
    messages: Iterable[dict[str, Any]], stored: Mapping[str, Attachment | None]
) -> list[dict[str, Any]]:
    """Return `{attachment, title, kind, href}` of each document, for its citations.

    A document that is no attachment has nulls, so that the positions stay right.
    """
    return [
        _document(stored.get(attachment_id(block) or ""), block.get("title"))
        for block in document_references(messages)
    ]


def _document(row: Attachment | None, title: str | None) -> dict[str, Any]:
    return {
        "attachment": str(row.id) if row else None,
        "title": row.name if row else title,
        "kind": row.kind if row else None,
        "href": row.href if row else None,
    }
