"""From what a person wrote and attached to the blocks that are sent for ever."""

from collections.abc import Sequence

from conversations.models import Attachment, Kind
from conversations.models.wire import Block

CONTINUE_TAIL_CHARACTERS = 200  # enough to find the place, little to repeat


def user_blocks(
    text: str, attachments: Sequence[Attachment], *, cites: bool = True
) -> list[Block]:
    """Return the content of a user message: pictures, documents, then the question.

    `cites` is the conversation's: the API takes it for all documents or for none.

    The API reads files best before the question about them, and several pictures
    best with a label each (API guide, vision).
    """
    pictures = [item for item in attachments if item.kind == Kind.IMAGE]
    documents = [item for item in attachments if item.kind != Kind.IMAGE]
    blocks: list[Block] = []
    for number, picture in enumerate(pictures, 1):
        if len(pictures) > 1:
            blocks.append({"type": "text", "text": f"Image {number}:"})
        blocks.append({"type": "image", "source": _reference(picture)})
    blocks += [_document(item, cites=cites) for item in documents]
    if text.strip():
        blocks.append({"type": "text", "text": text})
    return blocks


def continue_text(answer: str) -> str:
    """Return the user turn that asks for the rest of a cut-off answer.

    Models from 4.6 on refuse an answer to be begun for them (API guide, streaming).
    """
    tail = answer[-CONTINUE_TAIL_CHARACTERS:]
    if not tail.strip():
        return "Your answer was cut off. Please continue."
    return (
        "Your answer was cut off after this text:\n\n"
        f"{tail}\n\n"
        "Please continue exactly from there, without repeating it. Begin with the very"
        " next character, be it a space or a line break."
    )


def _document(item: Attachment, *, cites: bool) -> Block:
    return {
        "type": "document",
        "source": _reference(item),
        "title": item.name,
        "citations": {"enabled": cites},
    }


def _reference(item: Attachment) -> Block:
    return {"type": "attachment", "id": str(item.id)}
