"""An answer's body whose citations lead a reviewer to the cited pages."""

from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from conversations.models import Turn
from conversations.rendering.blocks import render_content
from conversations.rendering.citations import Document, Source, number_citations
from conversations.transcripts.entries import Answer

from .reviewed_file import file_href


def render_body(answer: Answer, *, with_files: bool) -> SafeString:
    """Return the body that the owner sees, with links that a reviewer may follow.

    The kept body links to the owner's files, where everybody else gets 404.
    """
    turn, last = answer.turn, answer.last_message
    if last is None or not turn.documents:
        return mark_safe(answer.body)  # noqa: S308 - made by render_content
    blocks = [block for message in answer.messages for block in message.blocks]
    documents = [
        Document(item["attachment"], item["title"], item["kind"])
        for item in turn.documents
    ]
    sources = number_citations(blocks, documents)
    led = [_led_elsewhere(source, turn, with_files) for source in sources]
    return render_content(blocks, led, message_id=last.id)


def _led_elsewhere(source: Source, turn: Turn, with_files: bool) -> Source:
    """Return a source that leads to the admin's view of the file, or to its entry."""
    if source.href is None:
        return source
    for attachment_id in _cited_files(turn):
        owners = reverse("conversations:attachment", args=[attachment_id])
        if source.href.startswith(owners):
            place = source.href.removeprefix(owners)
            href = f"{file_href(attachment_id)}{place}" if with_files else None
            return replace(source, href=href)
    return source


def _cited_files(turn: Turn) -> Sequence[str]:
    return [str(item["attachment"]) for item in turn.documents]
