"""The rendered body of finished answers: made once, kept with the answer."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe

from conversations.models import Message, Turn
from conversations.rendering.blocks import render_content
from conversations.rendering.citations import Document, number_citations
from conversations.rendering.markdown import RENDERER_VERSION


def render_bodies(
    answers: Mapping[Turn, Sequence[Message]],
) -> dict[UUID, SafeString]:
    """Return each turn's body; what was not kept yet is rendered and kept.

    The rounds of a turn are one text with one numbering of its sources, so its last
    message keeps the body of them all.
    """
    stale = {
        turn: messages
        for turn, messages in answers.items()
        if messages[-1].html_version != RENDERER_VERSION
    }
    if stale:
        _render(stale)
    # Nothing but render_content wrote these columns.
    return {
        turn.id: mark_safe(messages[-1].html)  # noqa: S308
        for turn, messages in answers.items()
    }


def _render(answers: Mapping[Turn, Sequence[Message]]) -> None:
    for turn, messages in answers.items():
        last = messages[-1]
        blocks = [block for message in messages for block in message.blocks]
        documents = [
            Document(item["attachment"], item["title"], item["kind"])
            for item in turn.documents
        ]
        last.html = render_content(
            blocks, number_citations(blocks, documents), message_id=last.id
        )
        last.html_version = RENDERER_VERSION
    finished = [messages[-1] for turn, messages in answers.items() if not turn.is_live]
    Message.objects.bulk_update(finished, ["html", "html_version"])
