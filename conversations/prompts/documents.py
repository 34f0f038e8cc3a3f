"""Which attachment each document of a request is, by the API's `document_index`."""

from collections.abc import Iterable
from typing import Any

from conversations.models import Attachment

from .history import attachment_id, document_references


def documents_of(
    messages: Iterable[dict[str, Any]], owner_id: int
) -> list[dict[str, Any]]:
    """Return `{attachment, title, kind, href}` of each document, for its citations.

    A document that is no attachment has nulls, so that the positions stay right.
    """
    found = [
        (attachment_id(block), block.get("title"))
        for block in document_references(messages)
    ]
    owned = Attachment.objects.filter(owner_id=owner_id)
    rows = owned.in_bulk([key for key, _ in found if key])
    by_id = {str(key): row for key, row in rows.items()}
    return [_document(by_id.get(key or ""), title) for key, title in found]


def _document(row: Attachment | None, title: str | None) -> dict[str, Any]:
    return {
        "attachment": str(row.id) if row else None,
        "title": row.name if row else title,
        "kind": row.kind if row else None,
        "href": row.href if row else None,
    }
