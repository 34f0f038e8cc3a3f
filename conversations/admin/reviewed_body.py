"""An answer's body whose citations lead a reviewer to the cited pages."""

from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from conversations.rendering.blocks import render_content
from conversations.rendering.citations import Document, Source, number_citations
from conversations.rendering.continued import join_parts
from conversations.transcripts.answers import Part
from conversations.transcripts.bodies import calls_of, documents_of

from .reviewed_file import file_href


def render_body(parts: Sequence[Part], kept: str, *, with_files: bool) -> SafeString:
    """Return the body of some parts, with links that a reviewer may follow.

    `kept` is the body as the owner sees it. It links to the owner's files, where
    everybody else gets 404.
    """
    documents = documents_of(parts)
    if not documents:
        return mark_safe(kept)  # noqa: S308 - made by render_content
    blocks = join_parts(part.blocks for part in parts)
    sources = number_citations(blocks, documents)
    led = [_led_elsewhere(source, documents, with_files) for source in sources]
    return render_content(
        blocks,
        led,
        message_id=parts[-1].messages[-1].id,
        calls=calls_of(parts),
    )


def _led_elsewhere(
    source: Source, documents: Sequence[Document], with_files: bool
) -> Source:
    """Return a source that leads to the admin's view of the file, or to its entry."""
    if source.href is None:
        return source
    for document in documents:
        attachment_id = str(document.attachment_id)
        owners = reverse("conversations:attachment", args=[attachment_id])
        if source.href.startswith(owners):
            place = source.href.removeprefix(owners)
            href = f"{file_href(attachment_id)}{place}" if with_files else None
            return replace(source, href=href)
    return source
