"""Answers from documents: cited in blocks of their own, or quoted in prose."""

from collections.abc import Sequence

from conversations.simulator.answers.passages import find_passages
from conversations.simulator.answers.question import Question, excerpt
from conversations.simulator.documents import Document, Passage
from conversations.simulator.wire import Block


def answer_from_documents(
    documents: Sequence[Document], question: Question, *, cite: bool
) -> list[Block]:
    """Return the text blocks of an answer about the documents."""
    passages = find_passages(documents, question)
    opening = _opening(documents, question, passages)
    if not passages:
        return [_text(opening)]
    if not cite:
        return [_text(opening + _quoted(passages) + _closing(passages, cited=False))]
    blocks = [_text(opening)]
    for number, passage in enumerate(passages):
        if number:
            blocks.append(_text("\n- "))
        sentence = _text(_escaped(passage.prose))
        blocks.append({**sentence, "citations": [passage.citation()]})
    blocks.append(_text(_closing(passages, cited=True)))
    return blocks


def _opening(
    documents: Sequence[Document], question: Question, passages: Sequence[Passage]
) -> str:
    lines = [f"I have read {_listing(documents)}."]
    if not passages:
        lines.append("There is no text in it that I can quote.")
        return " ".join(lines)
    if question.words:
        asked = excerpt(question.text).rstrip("?.!")
        lines.append(f"These passages speak most directly to “{_escaped(asked)}”:")
    else:
        lines.append("I cannot summarise it, but these are some of its sentences:")
    return " ".join(lines) + "\n\n- "


def _listing(documents: Sequence[Document]) -> str:
    names = [f"**{_escaped(d.name)}** ({_extent(d)})" for d in documents]
    if len(names) == 1:
        return names[0]
    return ", ".join(names[:-1]) + " and " + names[-1]


def _extent(document: Document) -> str:
    if document.kind == "pdf":
        return _plural(len(document.units), "page")
    if document.kind == "text":
        return _plural(len(document.units[0]), "character")
    return _plural(len(document.units), "part")


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _quoted(passages: Sequence[Passage]) -> str:
    several = len({passage.document.path for passage in passages}) > 1
    return "\n- ".join(
        f"“{_escaped(p.prose)}” ({f'{_escaped(p.document.name)}, ' * several}{p.place})"
        for p in passages
    )


def _closing(passages: Sequence[Passage], *, cited: bool) -> str:
    places = list(dict.fromkeys(passage.place for passage in passages))
    where = (
        places[0] if len(places) == 1 else ", ".join(places[:-1]) + f" and {places[-1]}"
    )
    how = (
        "Each quote is word for word and cited"
        if cited
        else "The quotes are word for word"
    )
    return (
        f"\n\n{how}, from {where}. I looked for words, not for meaning: a real "
        "model does both."
    )


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _escaped(text: str) -> str:
    """Return text so that markdown shows it as it is."""
    for mark in ("\\", "*", "_", "`", "[", "]", "<", "$", "#", "|"):
        text = text.replace(mark, "\\" + mark)
    return text
