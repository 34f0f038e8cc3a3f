"""What a browser or a program is told about an attachment."""

from typing import Any

from conversations.models import Attachment


def describe(attachment: Attachment) -> dict[str, Any]:
    """Return the JSON shape of docs/protocol.md.

    `size_bytes` is that of the upload, `width` and `height` those of the picture as it
    is sent. What does not apply to the kind is left out.
    """
    described = {
        "id": str(attachment.id),
        "kind": attachment.kind,
        "name": attachment.name,
        "size_bytes": attachment.size_bytes,
        "pages": attachment.pages,
        "width": attachment.width,
        "height": attachment.height,
        "source_url": attachment.source_url or None,
        "converted_from": attachment.converted_from or None,
        "href": attachment.href,
        "original_href": attachment.original_href,
        "thumbnail_href": attachment.thumbnail_href,
    }
    return {key: value for key, value in described.items() if value is not None}
