"""Finding the passages of the documents that answer a question."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from conversations.simulator.answers.question import Question, keywords
from conversations.simulator.documents import Document, Passage

SENTENCE = re.compile(r"\S(?:.*?(?:[.!?](?=\s|$)|\Z))", re.DOTALL)
# A whole sentence of prose, as opposed to headings, tables and contents.
PROSE = re.compile(r"[\"“(]?[^\W\d_].*[^\W_][)”\"]?[.!?]\Z", re.DOTALL)
LEADERS = re.compile(r"(?:\.\s*){3,}")
ITEM = re.compile(r"\s*(?:[•●▪*\u2013-]\s|\d+[.)\d]*\s)")
SHORT_LINE = 0.7  # of the longest line: a shorter one ends its paragraph
PAGE_NUMBER = re.compile(r"\b(?:page|p\.)\s*(\d{1,4})\b", re.IGNORECASE)
SHORTEST, LONGEST = 15, 400  # characters of a sentence worth quoting
WANTED = 3


def find_passages(documents: Sequence[Document], question: Question) -> list[Passage]:
    """Return up to three passages, in the order of the documents.

    The best ones share rare words with the question; a page that the question
    names is preferred, and so are whole sentences. Without any shared word the
    passages are taken from beginning, middle and end.
    """
    everything = [passage for document in documents for passage in _sentences(document)]
    chosen = _on_named_page(everything, question) or everything
    sentences = [passage for passage in chosen if _is_prose(passage)]
    found = (
        _ranked(sentences, question.words)
        or _ranked(chosen, question.words)
        or _spread(sentences or chosen)
    )
    return sorted(
        found[:WANTED], key=lambda p: (documents.index(p.document), p.unit, p.start)
    )


def has_match(documents: Sequence[Document], question: Question) -> bool:
    """Return whether any document speaks of what is asked."""
    known = set[str]()
    for document in documents:
        for unit in document.units:
            known |= keywords(unit)
    return bool(known & question.words)


def _sentences(document: Document) -> Iterator[Passage]:
    for unit, text in enumerate(document.units):
        for start, end in _paragraphs(text):
            for match in SENTENCE.finditer(text, start, end):
                stop = min(match.end(), match.start() + LONGEST)
                sentence = text[match.start() : stop].rstrip()
                # U+FFFE is PDFium's mark for a hyphen at the end of a line: a
                # sentence with one cannot be quoted as people read it.
                if len(sentence) >= SHORTEST and "\ufffe" not in sentence:
                    last = match.start() + len(sentence)
                    yield Passage(document, unit, match.start(), last)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield where paragraphs begin and end: the lines of a page do not say it.

    A new one begins after an empty line, with an item of a list, and with a
    capital after a line that is clearly shorter than others (a heading).
    """
    lines = text.splitlines(keepends=True)
    full = SHORT_LINE * max(map(len, lines), default=0)
    begin = place = 0
    previous = ""
    for line in lines:
        after_short = len(previous) < full and line[:1].isupper()
        if not line.strip() or ITEM.match(line) or after_short:
            yield begin, place
            begin = place
        place += len(line)
        previous = line
    yield begin, place


def _is_prose(passage: Passage) -> bool:
    text = passage.text
    return bool(PROSE.match(text)) and not LEADERS.search(text)


def _on_named_page(passages: list[Passage], question: Question) -> list[Passage]:
    named = {int(number) - 1 for number in PAGE_NUMBER.findall(question.text)}
    return [p for p in passages if p.document.kind == "pdf" and p.unit in named]


def _ranked(passages: list[Passage], words: frozenset[str]) -> list[Passage]:
    """Return the passages that share words with the question, best first."""
    shared = [keywords(passage.text) & words for passage in passages]
    spread = Counter(word for found in shared for word in found)
    weight = {word: math.log(1 + len(passages) / n) for word, n in spread.items()}
    scored = [
        (sum(weight[word] for word in found) / math.sqrt(8 + len(passage.text) / 20), n)
        for n, (passage, found) in enumerate(zip(passages, shared, strict=True))
        if found
    ]
    ordered = sorted(scored, key=lambda pair: (-pair[0], pair[1]))
    seen = set[str]()
    ranked = []
    for _score, n in ordered:
        # Headers and tables of contents repeat what the text says.
        if passages[n].prose not in seen:
            seen.add(passages[n].prose)
            ranked.append(passages[n])
    return ranked


def _spread(passages: list[Passage]) -> list[Passage]:
    """Return passages from the beginning, the middle and the end."""
    if len(passages) <= WANTED:
        return passages
    return [passages[0], passages[len(passages) // 2], passages[-1]]
