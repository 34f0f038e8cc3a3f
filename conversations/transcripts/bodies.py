"""The rendered body of finished answers: made once, kept with the answer."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe

from conversations.models import Conversation, Message, ToolCall
from conversations.rendering.blocks import render_content
from conversations.rendering.citations import Document, number_citations
from conversations.rendering.continued import join_parts
from conversations.rendering.json_answers import mismatch
from conversations.rendering.markdown import RENDERER_VERSION

from .answers import Part

type Json = dict[str, Any]


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
        schemas = _schemas(stale.values())
        for last, parts in stale.items():
            _render(last, parts, schemas.get(last.conversation_id))
        finished = [last for last, parts in stale.items() if not parts[-1].turn.is_live]
        Message.objects.bulk_update(finished, ["html", "html_version"])
    # Nothing but render_content wrote these columns.
    return {last.id: mark_safe(last.html) for last in by_last}  # noqa: S308


def _render(last: Message, parts: Sequence[Part], schema: Json | None) -> None:
    blocks = join_parts(part.blocks for part in parts)
    fault = ""
    if schema is not None and not parts[-1].turn.is_live:
        fault = mismatch(schema, last.text)
    last.html = render_content(
        blocks,
        number_citations(blocks, documents_of(parts)),
        message_id=last.id,
        calls=calls_of(parts),
        is_json=schema is not None,
        mismatch=fault,
    )
    last.html_version = RENDERER_VERSION


def calls_of(parts: Sequence[Part]) -> dict[str, ToolCall]:
    """Return how the calls of all parts went, by the ids of their blocks."""
    return {key: row for part in parts for key, row in part.calls.items()}


def _schemas(texts: Iterable[Sequence[Part]]) -> dict[UUID, Json]:
    """Return the schemas that these parts had to fit, by conversation."""
    turns = [parts[-1].turn for parts in texts]
    ids = {turn.conversation_id for turn in turns if turn.output_format}
    if not ids:
        return {}
    rows = Conversation.objects.filter(id__in=ids)
    found = rows.values_list("id", "prefix__json_schema")
    return {key: schema for key, schema in found if schema is not None}


def documents_of(parts: Sequence[Part]) -> list[Document]:
    """Return the documents that citations point at.

    A later request holds those of the earlier ones first, so its list serves all.
    """
    lists = (part.turn.documents for part in reversed(parts) if part.turn.documents)
    return [
        Document(item["attachment"], item["title"], item["kind"])
        for item in next(lists, [])
    ]
