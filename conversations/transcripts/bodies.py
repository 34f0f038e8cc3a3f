"""The rendered body of finished answers: made once, kept with the answer."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe

from conversations.models import Message, ToolCall
from conversations.rendering.blocks import render_content
from conversations.rendering.citations import Document, number_citations
from conversations.rendering.continued import join_parts
from conversations.rendering.markdown import RENDERER_VERSION

from .answers import Part


def render_bodies(texts: Iterable[Sequence[Part]]) -> dict[UUID, SafeString]:
    """Return the body of each run of parts, by the id of its last message.

    All rounds of all parts are one text with one numbering of its sources, so the last
    message keeps the body of them all. What was not kept yet is rendered and kept.
    """
    by_last = {parts[-1].messages[-1]: parts for parts in texts}
    stale = {
        last: parts
        for last, parts in by_last.items()
        if last.html_version != RENDERER_VERSION
    }
    if stale:
        for last, parts in stale.items():
            _render(last, parts)
        finished = [last for last, parts in stale.items() if not parts[-1].turn.is_live]
        Message.objects.bulk_update(finished, ["html", "html_version"])
    # Nothing but render_content wrote these columns.
    return {last.id: mark_safe(last.html) for last in by_last}  # noqa: S308


def _render(last: Message, parts: Sequence[Part]) -> None:
    blocks = join_parts(part.blocks for part in parts)
    last.html = render_content(
        blocks,
        number_citations(blocks, documents_of(parts)),
        message_id=last.id,
        calls=calls_of(parts),
    )
    last.html_version = RENDERER_VERSION


def calls_of(parts: Sequence[Part]) -> dict[str, ToolCall]:
    """Return how the calls of all parts went, by the ids of their blocks."""
    return {key: row for part in parts for key, row in part.calls.items()}


def documents_of(parts: Sequence[Part]) -> list[Document]:
    """Return the documents that citations point at.

    A later request holds those of the earlier ones first, so its list serves all.
    """
    lists = (part.turn.documents for part in reversed(parts) if part.turn.documents)
    return [
        Document(item["attachment"], item["title"], item["kind"])
        for item in next(lists, [])
    ]
